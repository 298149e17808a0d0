//! Enumerations kept as text: `SCREAMING_SNAKE_CASE` in the tables, in JSON and on the wire alike.
//!
//! Names and descriptions are written once, here at the type, and shown everywhere.

/// What every such enumeration tells of itself.
pub trait TextEnum: Copy + Eq + Send + Sync + 'static {
    /// The type's name.
    const NAME: &'static str;
    /// What the type is about.
    const DESCRIPTION: &'static str;
    /// Its values, in the order of their declaration.
    const ALL: &'static [Self];
    /// The text that tables, JSON and clients see.
    fn text(self) -> &'static str;
    /// What the value means.
    fn description(self) -> &'static str;
}

/// Declares an enumeration that a `text` column holds, with `name()` for the stored form.
macro_rules! text_enum {
    (
        $(#[doc = $doc:literal])+
        $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident $text:literal,)* }
    ) => {
        $(#[doc = $doc])+
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord,
            sea_orm::EnumIter, sea_orm::DeriveActiveEnum,
            serde::Serialize, serde::Deserialize,
        )]
        #[sea_orm(rs_type = "String", db_type = "Text")]
        pub enum $name {
            $(
                $(#[doc = $variant_doc])+
                #[sea_orm(string_value = $text)]
                #[serde(rename = $text)]
                $variant,
            )*
        }

        impl $name {
            /// Its values, in the order of their declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The text that tables and JSON hold.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl $crate::text_enum::TextEnum for $name {
            const NAME: &'static str = stringify!($name);
            const DESCRIPTION: &'static str = concat!($($doc),+).trim_ascii_start();
            const ALL: &'static [Self] = Self::ALL;

            fn text(self) -> &'static str {
                self.name()
            }

            fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($variant_doc),+).trim_ascii_start(),)*
                }
            }
        }
    };
}
pub(crate) use text_enum;
