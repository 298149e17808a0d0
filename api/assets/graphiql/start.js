// Starts GraphiQL on this gateway: queries over HTTP, subscriptions over WebSocket, the headers
// below the editor sent with both.
const fetcher = GraphiQL.createFetcher({
  url: "/graphql",
  subscriptionUrl: location.origin.replace(/^http/, "ws") + "/graphql/ws",
});

const defaultQuery = `# Put a token in the headers below:
# { "Authorization": "Bearer …" }
# \`florin token operator\` prints one.
{
  limits {
    selectionsMax
    pageMax
    costMax
  }
}
`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery,
    defaultEditorToolsVisibility: "headers",
  }),
);
