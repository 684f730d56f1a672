//! Formatting: objects with properties, as Power BI keeps them, with typed values.

use super::{Condition, Field, Ordered};

/// Properties of one formatting object (`title`, `labels`, `dataPoint` …) for what the selector names.
#[derive(Clone, Debug, PartialEq)]
pub struct FormatObject {
    /// Object.
    pub name: String,
    /// What it speaks of.
    pub selector: Selector,
    /// Property → value in the order of the source.
    pub properties: Ordered<Property>,
}

impl FormatObject {
    /// Properties of the whole visual.
    pub fn new(name: impl Into<String>, properties: impl IntoIterator<Item = (&'static str, Property)>) -> FormatObject {
        let properties = properties.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        FormatObject { name: name.into(), selector: Selector::All, properties }
    }

    /// The same for another selector.
    #[must_use]
    pub fn of(mut self, selector: Selector) -> FormatObject {
        self.selector = selector;
        self
    }
}

/// What a formatting object speaks of.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Selector {
    /// The whole visual.
    #[default]
    All,
    /// A state or part: `default`, `hover`, `selected`, `1` …
    Id(String),
    /// A field of the visual, by its `queryRef`.
    Field(String),
    /// Every value: cells, points; optionally only of one field.
    Each {
        /// 0 everything, 1 instances, 2 totals.
        matching: u8,
        /// `queryRef` of the field.
        field: Option<String>,
    },
    /// A selector of a foreign file.
    Raw(serde_json::Value),
}

/// The value of a formatting property.
#[derive(Clone, Debug, PartialEq)]
pub enum Property {
    /// True or false.
    Bool(bool),
    /// A whole number (`3L`).
    Integer(i64),
    /// A number (`12D`).
    Number(f64),
    /// A text or the name of a choice; `catalog::is_words` says which texts people read.
    Text(String),
    /// The value of a field (dynamic title, reference line).
    Field(Field),
    /// A colour, fixed or conditional.
    Color(Color),
    /// A page by name.
    Page(String),
    /// A bookmark by identifier.
    Bookmark(String),
    /// An image among the report's resources.
    Resource(String),
    /// Rich text of a text box.
    Paragraphs(Vec<Paragraph>),
    /// A filter: the pre-selected values of a slicer.
    Selection(Field, Condition),
    /// JSON of a foreign file.
    Raw(serde_json::Value),
}

impl Property {
    /// A text.
    pub fn text(text: impl Into<String>) -> Property {
        Property::Text(text.into())
    }

    /// A colour `#RRGGBB`.
    pub fn hex(color: impl Into<String>) -> Property {
        Property::Color(Color::Hex(color.into()))
    }
}

/// A colour.
#[derive(Clone, Debug, PartialEq)]
pub enum Color {
    /// `#RRGGBB`.
    Hex(String),
    /// A colour of the theme: 0 background, 1 foreground, 2 the first data colour …; `percent` lightens (> 0) or darkens.
    Theme {
        /// Number.
        id: i64,
        /// −1 to 1.
        percent: f64,
    },
    /// A measure that gives the colour as text.
    Field(Field),
    /// A scale over the values of a field.
    Gradient(Box<Gradient>),
    /// The first rule that holds.
    Rules(Vec<Rule>),
}

/// A colour scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// Field that is coloured by.
    pub by: Field,
    /// Smallest value.
    pub min: Stop,
    /// Middle, for a diverging scale.
    pub mid: Option<Stop>,
    /// Largest value.
    pub max: Stop,
}

/// A colour at a value of a scale.
#[derive(Clone, Debug, PartialEq)]
pub struct Stop {
    /// `#RRGGBB`.
    pub color: String,
    /// At which value; the extreme of the data when absent.
    pub value: Option<f64>,
}

/// A colour for values of the visual's field that compare so.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The compared field, one of the visual's.
    pub field: Field,
    /// Operator.
    pub comparison: super::Comparison,
    /// Compared with.
    pub value: super::Literal,
    /// `#RRGGBB`.
    pub color: String,
}

/// A paragraph of a text box.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Paragraph {
    /// Pieces of one style.
    pub runs: Vec<TextRun>,
    /// `left`, `center`, `right`.
    pub alignment: Option<String>,
}

/// A piece of text in one style.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TextRun {
    /// The words; translated.
    pub text: String,
    /// Web address.
    pub url: Option<String>,
    /// CSS-like style: `fontFamily`, `fontSize` (`14pt`), `fontWeight`, `fontStyle`, `textDecoration`, `color`.
    pub style: Ordered<String>,
}
