//! Reads Rust well enough for rules: what is code and what is comment or text, and where a function
//! ends. No parser: a file that compiles is all it has to understand.

/// The code of a file alone: comments and the insides of strings become blanks, lines stay lines.
pub(super) fn code_only(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match comment_or_literal(rest) {
            Some(length) => {
                code.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
                length
            }
            None if is_word(first) => {
                let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                code.push_str(&rest[..length]);
                length
            }
            None => {
                code.push(first);
                first.len_utf8()
            }
        };
        rest = &rest[length..];
    }
    code
}

/// How long the comment, string or character at the start of `rest` is, if there is one.
fn comment_or_literal(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    if let Some(length) = raw_string(rest) {
        return Some(length);
    }
    let quoted = rest.strip_prefix('b').unwrap_or(rest);
    let prefix = rest.len() - quoted.len();
    match quoted.chars().next()? {
        '"' => Some(prefix + closing_quote(quoted, '"')?),
        '\'' => character(quoted).map(|length| prefix + length),
        _ => None,
    }
}

fn raw_string(rest: &str) -> Option<usize> {
    let body = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r'))?;
    let quote = body.find('"')?;
    if !body[..quote].chars().all(|c| c == '#') {
        return None;
    }
    let end = format!("\"{}", &body[..quote]);
    let length = body[quote + 1..].find(&end)? + quote + 1 + end.len();
    Some(rest.len() - body.len() + length)
}

/// `'a'` and `'\n'` are characters, `'a` is a lifetime.
fn character(rest: &str) -> Option<usize> {
    if rest.starts_with("'\\") {
        return closing_quote(rest, '\'');
    }
    let length = 1 + rest[1..].chars().next()?.len_utf8();
    rest[length..].starts_with('\'').then_some(length + 1)
}

fn closing_quote(rest: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            c if c == quote => return Some(at + 1),
            _ => {}
        }
    }
    None
}

pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether `code` has `phrase`, and not as a part of a longer word.
pub(super) fn mentions(code: &str, phrase: &str) -> bool {
    code.match_indices(phrase).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + phrase.len()..].chars().next();
        let joins = |edge: Option<char>, outside: Option<char>| {
            edge.is_some_and(is_word) && outside.is_some_and(is_word)
        };
        !joins(phrase.chars().next(), before) && !joins(phrase.chars().next_back(), after)
    })
}

/// A function with a body: its name, first line (from 1) and number of lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) lines: usize,
}

pub(super) fn functions(text: &str) -> Vec<Function> {
    let code = code_only(text);
    let is_start = |at: usize| !code[..at].chars().next_back().is_some_and(is_word);
    code.match_indices("fn ")
        .filter(|(at, _)| is_start(*at))
        .filter_map(|(at, _)| {
            let name: String = code[at + 3..].chars().take_while(|c| is_word(*c)).collect();
            let body = at + code[at..].find(['{', ';'])?;
            let end = closing_brace(&code, body).filter(|_| !name.is_empty())?;
            let line = code[..at].matches('\n').count() + 1;
            Some(Function { name, line, lines: code[at..end].matches('\n').count() + 1 })
        })
        .collect()
}

fn closing_brace(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in code[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return (c == '}').then_some(open + at);
        }
    }
    None
}

#[test]
fn comments_and_strings_are_not_code() {
    let text =
        "let a = \"f64 \\\" {\"; // f64\nlet b: &'a str = r#\"f64 \"quoted\" \"#; /* f64 */ '{';";
    let code = code_only(text);
    assert!(!code.contains("f64") && !code.contains('{'), "{code}");
    assert!(code.contains("let a = ") && code.contains("&'a str"), "{code}");
    assert_eq!(code.lines().count(), 2);
}

#[test]
fn a_phrase_is_found_as_whole_words_only() {
    assert!(mentions("x: f64,", "f64"));
    assert!(!mentions("x: my_f64,", "f64"));
    assert!(mentions("Utc::now()", "Utc::now"));
    assert!(mentions("a.commit()", ".commit()"));
}

#[test]
fn a_function_ends_at_its_brace() {
    let text = "fn one() {\n  if a { '}'; }\n}\n\ntrait T {\n  fn none();\n  fn two() {}\n}\n";
    let function = |name: &str, line, lines| Function { name: name.to_owned(), line, lines };
    assert_eq!(functions(text), [function("one", 1, 3), function("two", 7, 1)]);
}
