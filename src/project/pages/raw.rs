//! Page files as they are written.

use serde_json::{Value as Json, json};

use super::super::yaml::{Context, Decode, Entries, Kind, Node, Schemas, Spanned};
use crate::report::catalog;
use crate::{choice, record};

choice! {
    /// What a page file holds.
    pub enum RawPageKind {
        /// A page of the report.
        Report = "report",
        /// A page shown beside the pointer.
        Tooltip = "tooltip",
        /// A page opened for one value of a field.
        DrillThrough = "drill-through",
        /// No page: visuals that pages with `frame:` take over.
        Frame = "frame",
    }
}

record! {
    /// A page, or a frame of visuals shared by pages.
    pub struct RawPage {
        /// Name, unique in the report; links name it.
        pub name: Spanned<String>,
        /// What the tab says; the name when absent.
        pub title: Option<String>,
        /// What the file holds; a report page when absent.
        pub kind: Option<RawPageKind>,
        /// Place among the pages; those without come after, in order of files.
        pub order: Option<i64>,
        /// Frame whose visuals come first; a visual of the same name here changes the frame's.
        pub frame: Option<Spanned<String>>,
        /// Width and height in pixels; 1280 × 720, for a tooltip 320 × 240.
        pub size: Option<Vec<f64>>,
        /// Fields whose value a drill-through brings along.
        pub drill_through: Vec<Spanned<String>>,
        /// Not among the tabs.
        pub hidden: bool,
        /// Colour of the page.
        pub background: Option<Node>,
        /// Filters on all visuals of the page.
        pub filters: Vec<RawFilter>,
        /// Visuals in tab order.
        pub visuals: Vec<RawVisual>,
        /// What a selection in one visual does to another, where it is not the default.
        pub interactions: Vec<RawInteraction>,
    }
}

choice! {
    /// Reaction of a visual to a selection in another.
    pub enum RawReaction {
        /// Shows only what is selected.
        Filter = "filter",
        /// Marks what is selected.
        Highlight = "highlight",
        /// Nothing.
        None = "none",
    }
}

record! {
    /// What a selection in one visual does to others.
    pub struct RawInteraction {
        /// Visual selected in.
        pub source: Spanned<String>,
        /// Visuals that react.
        pub targets: Vec<Spanned<String>>,
        /// Their reaction.
        pub reaction: RawReaction,
    }
}

choice! {
    /// Size on the phone page.
    pub enum RawMobile {
        /// Half the width, for one figure.
        Half = "half",
        /// The whole width, low, for one figure.
        Wide = "wide",
        /// The whole width, for a chart.
        Chart = "chart",
        /// The whole width, high, for a table.
        Tall = "tall",
    }
}

choice! {
    /// Units of numbers in charts and cards.
    pub enum RawUnits {
        /// As large as the number is.
        Auto = "auto",
        /// All digits.
        None = "none",
        /// Thousands.
        Thousands = "thousands",
        /// Millions.
        Millions = "millions",
    }
}

choice! {
    /// Place of a legend.
    pub enum RawLegend {
        /// Above.
        Top = "top",
        /// Below.
        Bottom = "bottom",
        /// Left.
        Left = "left",
        /// Right.
        Right = "right",
        /// Not shown.
        None = "none",
    }
}

choice! {
    /// How a slicer looks.
    pub enum RawSlicerMode {
        /// A list that opens.
        Dropdown = "dropdown",
        /// An open list.
        List = "list",
        /// From–to.
        Between = "between",
        /// Up to.
        Before = "before",
        /// From.
        After = "after",
        /// Buttons in a row.
        Buttons = "buttons",
    }
}

record! {
    /// A visual.
    pub struct RawVisual {
        /// Name, unique on the page.
        pub name: Spanned<String>,
        /// What it is: `card`, `line`, `matrix`, `slicer` …
        pub r#type: RawVisualType,
        /// Left, top, width, height in units of 8 pixels.
        pub at: Option<Spanned<Vec<f64>>>,
        /// Role → field or fields: `Table[Column]`, a measure's name, `sum(Table[Column])`, `Table[Hierarchy].[Level]`.
        pub data: Entries<RawFields>,
        /// Heading; for a card the measure's name when absent, `false` for none.
        pub title: Option<RawText>,
        /// Line below the heading.
        pub subtitle: Option<RawText>,
        /// What a screen reader says; decorations have none.
        pub alt: Option<RawText>,
        /// Order of the data: fields, each optionally followed by `descending`.
        pub sort: Vec<Spanned<String>>,
        /// Filters on this visual alone.
        pub filters: Vec<RawFilter>,
        /// Page that a click opens.
        pub opens: Option<Spanned<String>>,
        /// Drill-through page that a button opens for the selected value.
        pub drills: Option<Spanned<String>>,
        /// A button that goes back.
        pub back: bool,
        /// Web address that a click opens.
        pub url: Option<String>,
        /// Tooltip page.
        pub tooltip: Option<Spanned<String>>,
        /// Size on the phone page; not there when absent.
        pub mobile: Option<RawMobile>,
        /// Not shown.
        pub hidden: bool,
        /// A picture on purpose: no alt text, not reached by the keyboard.
        pub decorative: bool,
        /// Style of a text or button: a name under `text-styles` in `theme.yaml`.
        pub style: Option<Spanned<String>>,
        /// Words of a text or a button; a list gives paragraphs.
        pub text: Option<RawTexts>,
        /// Colour of a shape or a card's figure.
        pub color: Option<Node>,
        /// Series, or `increase`, `decrease`, `total` of a waterfall → its colour.
        pub colors: Entries<Node>,
        /// Field of a table or matrix → colours of its cells.
        pub cells: Entries<RawCell>,
        /// Legend of a chart; above when there are several series.
        pub legend: Option<RawLegend>,
        /// Shows values at points, columns and bars.
        pub labels: bool,
        /// Units of numbers.
        pub units: Option<RawUnits>,
        /// Shows totals of a table.
        pub totals: Option<bool>,
        /// Subtotals of rows of a matrix.
        pub row_totals: Option<bool>,
        /// Subtotals of columns of a matrix.
        pub column_totals: Option<bool>,
        /// How a slicer looks.
        pub mode: Option<RawSlicerMode>,
        /// A slicer that takes one value.
        pub single: bool,
        /// Slicers of the same group share their selection over pages.
        pub sync: Option<Spanned<String>>,
        /// Values of a slicer that are selected at first.
        pub selected: Vec<Node>,
        /// File below `resources/` that an image shows.
        pub image: Option<Spanned<String>>,
        /// Any formatting object of Power BI: object → property → value; `object@state` or `object@field` for a part.
        pub format: Entries<Entries<Node>>,
        /// Any formatting object of the container.
        pub container: Entries<Entries<Node>>,
    }
}

record! {
    /// Colours of the cells of a field.
    pub struct RawCell {
        /// Text.
        pub font: Option<Node>,
        /// Background.
        pub background: Option<Node>,
        /// Bars in the cells.
        pub bars: bool,
    }
}

/// A visual type's word.
#[derive(Clone, Debug, PartialEq)]
pub struct RawVisualType(pub Spanned<String>);

impl Decode for RawVisualType {
    fn decode(node: &Node, cx: &mut Context) -> Option<RawVisualType> {
        Spanned::<String>::decode(node, cx).map(RawVisualType)
    }
    fn schema(_: &mut Schemas) -> Json {
        let words: Vec<&str> = catalog::TYPES.iter().map(|visual| visual.yaml).collect();
        json!({"type": "string", "enum": words})
    }
}

/// One field or several.
#[derive(Clone, Debug, PartialEq)]
pub struct RawFields(pub Vec<RawField>);

impl Decode for RawFields {
    fn decode(node: &Node, cx: &mut Context) -> Option<RawFields> {
        match &node.kind {
            Kind::Sequence(items) => Some(RawFields(items.iter().filter_map(|item| RawField::decode(item, cx)).collect())),
            _ => RawField::decode(node, cx).map(|field| RawFields(vec![field])),
        }
    }
    fn schema(schemas: &mut Schemas) -> Json {
        let one = RawField::schema(schemas);
        json!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

record! {
    /// A field with its heading and format in this visual.
    pub struct RawNamedField {
        /// The field.
        pub field: Spanned<String>,
        /// Heading in this visual.
        pub title: Option<String>,
        /// Number format in this visual.
        pub format: Option<String>,
    }
}

/// A field, alone or with heading and format.
#[derive(Clone, Debug, PartialEq)]
pub struct RawField {
    /// The field.
    pub field: Spanned<String>,
    /// Heading.
    pub title: Option<String>,
    /// Number format.
    pub format: Option<String>,
}

impl Decode for RawField {
    fn decode(node: &Node, cx: &mut Context) -> Option<RawField> {
        match &node.kind {
            Kind::Mapping(_) => {
                let RawNamedField { field, title, format, .. } = RawNamedField::decode(node, cx)?;
                Some(RawField { field, title, format })
            }
            _ => Some(RawField { field: Spanned::<String>::decode(node, cx)?, title: None, format: None }),
        }
    }
    fn schema(schemas: &mut Schemas) -> Json {
        let named = RawNamedField::schema(schemas);
        json!({"anyOf": [{"type": "string"}, named]})
    }
}

/// A text: words, a measure that gives them, or `false` for none.
#[derive(Clone, Debug, PartialEq)]
pub enum RawText {
    /// Words.
    Words(String),
    /// A measure.
    Measure(Spanned<String>),
    /// None.
    Off,
}

record! {
    /// A measure that gives a text or a colour.
    pub struct RawMeasureText {
        /// The measure's name.
        pub measure: Spanned<String>,
    }
}

impl Decode for RawText {
    fn decode(node: &Node, cx: &mut Context) -> Option<RawText> {
        match &node.kind {
            Kind::Mapping(_) => RawMeasureText::decode(node, cx).map(|text| RawText::Measure(text.measure)),
            Kind::Scalar(scalar) if scalar.plain && scalar.text == "false" => Some(RawText::Off),
            _ => String::decode(node, cx).map(RawText::Words),
        }
    }
    fn schema(schemas: &mut Schemas) -> Json {
        let measure = RawMeasureText::schema(schemas);
        json!({"anyOf": [{"type": "string"}, {"const": false}, measure]})
    }
}

record! {
    /// A piece of a text.
    pub struct RawRun {
        /// The words.
        pub text: String,
        /// Style of the piece.
        pub style: Option<Spanned<String>>,
        /// Web address.
        pub url: Option<String>,
    }
}

/// Paragraphs.
#[derive(Clone, Debug, PartialEq)]
pub struct RawTexts(pub Vec<RawRun>);

impl Decode for RawTexts {
    fn decode(node: &Node, cx: &mut Context) -> Option<RawTexts> {
        let run = |node: &Node, cx: &mut Context| match &node.kind {
            Kind::Mapping(_) => RawRun::decode(node, cx),
            _ => Some(RawRun { text: String::decode(node, cx)?, style: None, url: None, span: node.span }),
        };
        match &node.kind {
            Kind::Sequence(items) => Some(RawTexts(items.iter().filter_map(|item| run(item, cx)).collect())),
            _ => run(node, cx).map(|run| RawTexts(vec![run])),
        }
    }
    fn schema(schemas: &mut Schemas) -> Json {
        let run = RawRun::schema(schemas);
        let one = json!({"anyOf": [{"type": "string"}, run]});
        json!({"anyOf": [one, {"type": "array", "items": one}]})
    }
}

record! {
    /// The groups with the largest or smallest value.
    pub struct RawTop {
        /// How many.
        pub count: u32,
        /// Ordered by: an aggregation such as `sum(Table[Column])`.
        pub by: Spanned<String>,
        /// Smallest instead.
        pub bottom: bool,
    }
}

choice! {
    /// A unit of time.
    pub enum RawUnit {
        /// Days.
        Day = "day",
        /// Weeks.
        Week = "week",
        /// Months.
        Month = "month",
        /// Years.
        Year = "year",
    }
}

record! {
    /// Time around the viewer's today.
    pub struct RawRelative {
        /// How many; negative in the past, positive in the future, 0 the running one.
        pub amount: i64,
        /// Of what.
        pub unit: RawUnit,
        /// Without today itself.
        pub without_today: bool,
    }
}

record! {
    /// A filter with one condition; a text alone is a column that must be true.
    pub struct RawCondition {
        /// What it filters.
        pub field: Spanned<String>,
        /// Equal to.
        pub is: Option<Node>,
        /// Not equal to.
        pub is_not: Option<Node>,
        /// One of.
        pub r#in: Option<Vec<Node>>,
        /// None of.
        pub not_in: Option<Vec<Node>>,
        /// Greater than.
        pub greater: Option<Node>,
        /// Greater or equal.
        pub at_least: Option<Node>,
        /// Less than.
        pub less: Option<Node>,
        /// Less or equal.
        pub at_most: Option<Node>,
        /// From–to, both included.
        pub between: Option<Vec<Node>>,
        /// Contains the text.
        pub contains: Option<String>,
        /// Starts with the text.
        pub starts_with: Option<String>,
        /// `true` keeps blanks, `false` the others.
        pub blank: Option<bool>,
        /// The largest or smallest.
        pub top: Option<RawTop>,
        /// Around today.
        pub relative: Option<RawRelative>,
        /// Shown in the filter pane.
        pub shown: bool,
        /// Shown, but not changeable.
        pub locked: bool,
        /// Heading in the filter pane.
        pub title: Option<String>,
    }
}

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub enum RawFilter {
    /// A true-or-false column that must be true.
    Flag(Spanned<String>),
    /// A condition.
    Condition(Box<RawCondition>),
}

impl Decode for RawFilter {
    fn decode(node: &Node, cx: &mut Context) -> Option<RawFilter> {
        match &node.kind {
            Kind::Mapping(_) => RawCondition::decode(node, cx).map(|condition| RawFilter::Condition(Box::new(condition))),
            _ => Spanned::<String>::decode(node, cx).map(RawFilter::Flag),
        }
    }
    fn schema(schemas: &mut Schemas) -> Json {
        let condition = RawCondition::schema(schemas);
        json!({"anyOf": [{"type": "string"}, condition]})
    }
}
