//! Formatting as the YAML writes it: free objects, colours, rules; and what the short keys stand for.

use serde_json::json;

use super::super::yaml::{Context, Entries, Kind, Node, Spanned};
use super::field::{Names, literal, resolve};
use super::theme::Styles;
use crate::base::{Diagnostic, Span, nearest};
use crate::report::catalog::{self, VisualType};
use crate::report::{Color, Comparison, Field, FormatObject, Gradient, Property, Rule, Selector, Stop, Visual};

/// What formatting needs to know.
pub struct Formatter<'a> {
    /// The model's names.
    pub names: &'a Names<'a>,
    /// Colours by name.
    pub styles: &'a Styles,
}

impl Formatter<'_> {
    /// `object@part: {property: value}` → formatting objects; `visual` says which fields parts may name.
    ///
    /// Reports `R0110` for an object that the visual type does not have.
    pub fn objects(&self, raw: &Entries<Entries<Node>>, kind: Option<&VisualType>, visual: &Visual, cx: &mut Context) -> Vec<FormatObject> {
        let mut list = Vec::new();
        for (key, properties) in raw.iter() {
            let (name, part) = key.value.split_once('@').map_or((key.value.as_str(), None), |(name, part)| (name, Some(part)));
            let known = match kind {
                Some(kind) => kind.objects,
                None => catalog::CONTAINER,
            };
            if !known.split_ascii_whitespace().any(|object| object == name) {
                let owner = kind.map_or("the container of a visual".to_owned(), |kind| format!("visual type `{}`", kind.yaml));
                let mut diagnostic = Diagnostic::error("R0110", format!("formatting object `{name}` does not exist in {owner}"))
                    .at(key.span, "unknown object");
                if let Some(near) = nearest(name, known.split_whitespace()) {
                    diagnostic = diagnostic.help(format!("an object with a similar name exists: `{near}`"));
                }
                cx.diagnostics.push(diagnostic);
                continue;
            }
            let mut object = FormatObject::new(name, []);
            object.selector = part.map_or(Selector::All, |part| self.part(part, visual));
            for (property, value) in properties.iter() {
                if let Some(value) = self.property(&property.value, value, cx) {
                    object.properties.insert(property.value.clone(), value);
                }
            }
            list.push(object);
        }
        list
    }

    /// What comes after `@`: a field of the visual, or a state.
    fn part(&self, part: &str, visual: &Visual) -> Selector {
        let wanted = part.trim_start_matches('[').trim_end_matches(']');
        match visual
            .fields()
            .find(|(_, projection)| projection.field.notation() == part || projection.field.notation() == format!("[{wanted}]"))
        {
            Some((_, projection)) => Selector::Field(projection.query_ref()),
            None => Selector::Id(part.to_owned()),
        }
    }

    fn property(&self, name: &str, node: &Node, cx: &mut Context) -> Option<Property> {
        let is_color = ["Color", "color", "Fill"].iter().any(|end| name.ends_with(end)) || name == "fill";
        match &node.kind {
            _ if is_color => self.color(node, None, cx).map(Property::Color),
            Kind::Scalar(scalar) if scalar.plain && matches!(scalar.text.as_str(), "true" | "false") => {
                Some(Property::Bool(scalar.text == "true"))
            }
            Kind::Scalar(scalar) if scalar.plain => Some(match scalar.text.parse::<f64>() {
                Ok(number) if number.is_finite() => Property::Number(number),
                _ => Property::text(&scalar.text),
            }),
            Kind::Scalar(scalar) => Some(Property::text(&scalar.text)),
            Kind::Mapping(_) => match (node.get("measure"), node.get("integer"), node.get("json")) {
                (Some(measure), ..) => {
                    let text = Spanned { value: measure.as_text().unwrap_or_default().to_owned(), span: measure.span };
                    resolve(&text, self.names, cx).map(Property::Field)
                }
                (_, Some(integer), _) => match integer.as_text().and_then(|text| text.parse().ok()) {
                    Some(number) => Some(Property::Integer(number)),
                    None => cx.wrong_kind(integer, "a whole number"),
                },
                (.., Some(raw)) => Some(Property::Raw(raw.to_json())),
                _ => cx.wrong_kind(node, "a value, `{measure: …}`, `{integer: …}` or `{json: …}`"),
            },
            Kind::Sequence(_) => cx.wrong_kind(node, "a value"),
        }
    }

    /// A colour: a name, `#RRGGBB`, `{measure: …}`, `{by: …, min: …, max: …}`, or a list of rules `{when: '< 0', color: …}`.
    pub fn color(&self, node: &Node, field: Option<&Field>, cx: &mut Context) -> Option<Color> {
        match &node.kind {
            Kind::Scalar(scalar) => self.styles.color(&scalar.text, node.span, cx).map(Color::Hex),
            Kind::Sequence(items) => {
                let Some(field) = field else { return cx.wrong_kind(node, "a colour without rules") };
                Some(Color::Rules(items.iter().filter_map(|item| self.rule(item, field, cx)).collect()))
            }
            Kind::Mapping(entries) => {
                if let Some(measure) = node.get("measure") {
                    cx.unknown_keys(entries, &["measure"], "a colour");
                    let text = Spanned { value: measure.as_text().unwrap_or_default().to_owned(), span: measure.span };
                    return resolve(&text, self.names, cx).map(Color::Field);
                }
                cx.unknown_keys(entries, &["by", "min", "mid", "max"], "a colour scale");
                let by = match node.get("by") {
                    Some(by) => {
                        let text = Spanned { value: by.as_text().unwrap_or_default().to_owned(), span: by.span };
                        resolve(&text, self.names, cx)?
                    }
                    None => field.cloned()?,
                };
                let (Some(min), Some(max)) = (node.get("min"), node.get("max")) else {
                    return cx.wrong_kind(node, "a colour scale with `min` and `max`");
                };
                let mid = match node.get("mid") {
                    Some(mid) => Some(self.stop(mid, cx)?),
                    None => None,
                };
                Some(Color::Gradient(Box::new(Gradient { by, min: self.stop(min, cx)?, mid, max: self.stop(max, cx)? })))
            }
        }
    }

    fn stop(&self, node: &Node, cx: &mut Context) -> Option<Stop> {
        match (node.get("color"), node.get("at")) {
            (Some(color), at) => {
                let value = at.and_then(|at| at.as_text()?.parse().ok());
                let text = color.as_text().unwrap_or_default().to_owned();
                self.styles.color(&text, color.span, cx).map(|color| Stop { color, value })
            }
            _ => self.styles.color(node.as_text().unwrap_or_default(), node.span, cx).map(|color| Stop { color, value: None }),
        }
    }

    fn rule(&self, node: &Node, field: &Field, cx: &mut Context) -> Option<Rule> {
        let entries = cx.mapping(node, "a colour rule")?;
        cx.unknown_keys(entries, &["when", "color"], "a colour rule");
        let (Some(when), Some(color)) = (node.get("when"), node.get("color")) else {
            return cx.wrong_kind(node, "a rule with `when` and `color`");
        };
        let text = when.as_text().unwrap_or_default().trim();
        let operators = [
            ("<>", Comparison::NotEqual),
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
            ("=", Comparison::Equal),
        ];
        let Some((comparison, value)) =
            operators.into_iter().find_map(|(sign, comparison)| Some((comparison, text.strip_prefix(sign)?.trim())))
        else {
            let help = "write an operator and a value, for instance `< 0`";
            return cx.fail(Diagnostic::error("R0117", format!("`{text}` is not a condition")).at(when.span, "no operator").help(help));
        };
        let value = match value.parse::<f64>() {
            Ok(number) => crate::report::Literal::Number(number),
            Err(_) => literal(&Node::text(value, when.span), field, self.names.model, cx)?,
        };
        let color = self.styles.color(color.as_text().unwrap_or_default(), color.span, cx)?;
        Some(Rule { field: field.clone(), comparison, value, color })
    }

    /// Colours of series of a chart, or of the parts of a waterfall.
    pub fn series(&self, raw: &Entries<Node>, visual: &Visual, cx: &mut Context) -> Vec<FormatObject> {
        let mut list = Vec::new();
        for (key, value) in raw.iter() {
            if visual.type_name() == "waterfallChart" {
                let property = match key.value.as_str() {
                    "increase" => "increaseFill",
                    "decrease" => "decreaseFill",
                    "total" => "totalFill",
                    "other" => "otherFill",
                    _ => {
                        self.unknown_series(key, ["increase", "decrease", "total", "other"].into_iter(), cx);
                        continue;
                    }
                };
                if let Some(color) = self.color(value, None, cx) {
                    list.push(FormatObject::new("sentimentColors", [(property, Property::Color(color))]));
                }
                continue;
            }
            let found =
                visual.fields().find(|(_, p)| p.field.notation() == key.value || p.field.name() == key.value).map(|(_, p)| p.clone());
            let Some(projection) = found else {
                self.unknown_series(key, visual.fields().map(|(_, p)| p.field.name()).collect::<Vec<_>>().into_iter(), cx);
                continue;
            };
            let Some(color) = self.color(value, Some(&projection.field), cx) else { continue };
            let selector = match &color {
                Color::Hex(_) | Color::Theme { .. } => Selector::Field(projection.query_ref()),
                _ => Selector::Each { matching: 0, field: None },
            };
            list.push(FormatObject::new("dataPoint", [("fill", Property::Color(color))]).of(selector));
        }
        list
    }

    fn unknown_series<'n>(&self, key: &Spanned<String>, names: impl Iterator<Item = &'n str>, cx: &mut Context) {
        let mut diagnostic =
            Diagnostic::error("R0119", format!("`{}` is not a series of this visual", key.value)).at(key.span, "unknown series");
        if let Some(near) = nearest(&key.value, names) {
            diagnostic = diagnostic.help(format!("a series with a similar name exists: `{near}`"));
        }
        cx.diagnostics.push(diagnostic);
    }

    /// Colours and bars of the cells of a table or matrix.
    pub fn cells(&self, raw: &Entries<super::raw::RawCell>, visual: &Visual, cx: &mut Context) -> Vec<FormatObject> {
        let mut list = Vec::new();
        for (key, cell) in raw.iter() {
            let found =
                visual.fields().find(|(_, p)| p.field.notation() == key.value || p.field.name() == key.value).map(|(_, p)| p.clone());
            let Some(projection) = found else {
                self.unknown_series(key, visual.fields().map(|(_, p)| p.field.name()).collect::<Vec<_>>().into_iter(), cx);
                continue;
            };
            let reference = projection.query_ref();
            for (property, node) in [("fontColor", &cell.font), ("backColor", &cell.background)] {
                let Some(color) = node.as_ref().and_then(|node| self.color(node, Some(&projection.field), cx)) else { continue };
                let selector = match color {
                    Color::Hex(_) => Selector::Field(reference.clone()),
                    _ => Selector::Each { matching: 1, field: Some(reference.clone()) },
                };
                let object = if matches!(selector, Selector::Field(_)) { "columnFormatting" } else { "values" };
                list.push(FormatObject::new(object, [(property, Property::Color(color))]).of(selector));
            }
            if cell.bars {
                list.push(FormatObject::new("columnFormatting", [("dataBars", self.bars(cell.span, cx))]).of(Selector::Field(reference)));
            }
        }
        list
    }

    fn bars(&self, span: Span, cx: &mut Context) -> Property {
        let mut color = |name: &str, fallback: &str| {
            let code = if self.styles.colors.contains_key(name) {
                self.styles.color(name, span, cx).unwrap_or_default()
            } else {
                fallback.to_owned()
            };
            json!({"solid": {"color": {"expr": {"Literal": {"Value": format!("'{code}'")}}}}})
        };
        let no = json!({"expr": {"Literal": {"Value": "false"}}});
        Property::Raw(json!({
            "positiveColor": color("bar", "#B8D4EC"),
            "negativeColor": color("bar-negative", "#F3C5B5"),
            "axisColor": color("muted", "#605E5C"),
            "reverseDirection": no,
            "hideText": no,
        }))
    }
}
