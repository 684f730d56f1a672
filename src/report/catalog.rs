//! Visual types: their roles, what fits into each, and which formatting objects they have. The one place for such facts.
//!
//! Source: Microsoft's visual catalogue `@microsoft/powerbi-core-visual-schema` 0.1.1 (MIT), which its report validator reads.

/// A visual type.
#[derive(Debug)]
pub struct VisualType {
    /// Its name in files.
    pub name: &'static str,
    /// The word in the YAML.
    pub yaml: &'static str,
    /// Roles in the order of the field list.
    pub roles: &'static [RoleType],
    /// Formatting objects.
    pub objects: &'static str,
    /// Smallest height in pixels at which nothing is clipped in the shipped theme.
    pub min_height: f64,
}

/// A role of a visual type.
#[derive(Debug)]
pub struct RoleType {
    /// Its name in files.
    pub name: &'static str,
    /// The word in the YAML.
    pub yaml: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Whether the visual is empty without it.
    pub is_required: bool,
    /// Most fields it takes.
    pub max: usize,
}

/// What a role takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Columns and levels: one group per value.
    Groups,
    /// Measures and aggregations: one value per group.
    Values,
    /// Either.
    Any,
}

const MANY: usize = 99;

const fn groups(name: &'static str, yaml: &'static str) -> RoleType {
    RoleType { name, yaml, takes: Takes::Groups, is_required: false, max: MANY }
}
const fn values(name: &'static str, yaml: &'static str) -> RoleType {
    RoleType { name, yaml, takes: Takes::Values, is_required: false, max: MANY }
}
const fn any(name: &'static str, yaml: &'static str) -> RoleType {
    RoleType { name, yaml, takes: Takes::Any, is_required: false, max: MANY }
}
const fn required(role: RoleType) -> RoleType {
    RoleType { is_required: true, ..role }
}
const fn at_most(max: usize, role: RoleType) -> RoleType {
    RoleType { max, ..role }
}

const TOOLTIPS: RoleType = values("Tooltips", "tooltips");
const CARTESIAN: &[RoleType] = &[
    groups("Category", "category"),
    at_most(1, groups("Series", "series")),
    required(values("Y", "values")),
    at_most(1, groups("Rows", "small-multiples")),
    TOOLTIPS,
];
const LINES: &[RoleType] = &[
    groups("Category", "category"),
    at_most(1, groups("Series", "series")),
    required(values("Y", "values")),
    values("Y2", "second-axis"),
    at_most(1, groups("Rows", "small-multiples")),
    TOOLTIPS,
];
const COMBO: &[RoleType] = &[
    groups("Category", "category"),
    at_most(1, groups("Series", "series")),
    required(values("Y", "columns")),
    values("Y2", "lines"),
    at_most(1, groups("Rows", "small-multiples")),
    TOOLTIPS,
];
const PIE: &[RoleType] =
    &[groups("Category", "category"), at_most(1, groups("Series", "details")), required(values("Y", "values")), TOOLTIPS];

const AXES: &str = "general legend subheader smallMultiplesLayout categoryAxis valueAxis zoom dataPoint layout labels plotArea \
                    xAxisReferenceLine y1AxisReferenceLine referenceLine trend error filters annotationTemplate totals ribbonBands";
const LINE_AXES: &str = "general legend subheader smallMultiplesLayout categoryAxis valueAxis y2Axis zoom dataPoint layout labels seriesLabels \
                         lineStyles markers plotArea trend scalarKey xAxisReferenceLine y1AxisReferenceLine referenceLine error forecast filters \
                         annotationTemplate anomalyDetection totals";
const BUTTON: &str = "fill outline text icon shape shadow glow rotation";
const NAVIGATOR: &str = "fill outline text shape layout shadow glow accentBar rotation pages bookmarks";
const TILES: &str = "general fillCustom outline value label shapeCustomRectangle layout overFlow shadowCustom glowCustom rotation spacing padding accentBar \
                     icon image background selection data selectionIcon actionState behavior expansionIcon";

/// All types that pages may use, sorted by their word in the YAML.
pub const TYPES: &[VisualType] = &[
    VisualType { name: "areaChart", yaml: "area", roles: LINES, objects: LINE_AXES, min_height: 96.0 },
    VisualType { name: "clusteredBarChart", yaml: "bar", roles: CARTESIAN, objects: AXES, min_height: 96.0 },
    VisualType { name: "actionButton", yaml: "button", roles: &[], objects: BUTTON, min_height: 16.0 },
    VisualType {
        name: "advancedSlicerVisual",
        yaml: "button-slicer",
        roles: &[at_most(1, required(groups("Values", "field"))), at_most(1, values("Label", "label")), TOOLTIPS],
        objects: TILES,
        min_height: 40.0,
    },
    VisualType {
        name: "cardVisual",
        yaml: "card",
        roles: &[required(values("Data", "values")), at_most(1, groups("Rows", "category")), TOOLTIPS],
        objects: "accentBar border cardCalloutArea cardImage divider fillCustom general glowCustom grid image label layout outline overFlow padding \
                  referenceLabel referenceLabelDetail referenceLabelLayout referenceLabelTitle referenceLabelValue rotation shadowCustom \
                  shapeCustomRectangle smallMultiplesAccentBar smallMultiplesBorder smallMultiplesCellBackGround smallMultiplesGrid \
                  smallMultiplesHeader smallMultiplesLayout smallMultiplesOuterShape smallMultiplesOverFlow spacing value",
        min_height: 40.0,
    },
    VisualType { name: "clusteredColumnChart", yaml: "column", roles: CARTESIAN, objects: AXES, min_height: 96.0 },
    VisualType { name: "lineClusteredColumnComboChart", yaml: "combo", roles: COMBO, objects: LINE_AXES, min_height: 96.0 },
    VisualType {
        name: "donutChart",
        yaml: "donut",
        roles: PIE,
        objects: "general legend dataPoint labels slices annotationTemplate centerValue value label image background",
        min_height: 96.0,
    },
    VisualType {
        name: "funnel",
        yaml: "funnel",
        roles: &[groups("Category", "category"), required(values("Y", "values")), TOOLTIPS],
        objects: "general categoryAxis dataPoint labels percentBarLabel",
        min_height: 96.0,
    },
    VisualType {
        name: "gauge",
        yaml: "gauge",
        roles: &[
            at_most(1, required(values("Y", "value"))),
            at_most(1, values("MinValue", "min")),
            at_most(1, values("MaxValue", "max")),
            at_most(1, values("TargetValue", "target")),
            TOOLTIPS,
        ],
        objects: "general axis dataPoint labels target calloutValue",
        min_height: 96.0,
    },
    VisualType { name: "image", yaml: "image", roles: &[], objects: "general image imageScaling", min_height: 16.0 },
    VisualType {
        name: "kpi",
        yaml: "kpi",
        roles: &[
            at_most(1, required(values("Indicator", "value"))),
            at_most(1, groups("TrendLine", "trend")),
            at_most(2, values("Goal", "goal")),
        ],
        objects: "general indicator trendline goals status lastDate",
        min_height: 72.0,
    },
    VisualType { name: "lineChart", yaml: "line", roles: LINES, objects: LINE_AXES, min_height: 96.0 },
    VisualType {
        name: "listSlicer",
        yaml: "list-slicer",
        roles: &[required(groups("Values", "field")), TOOLTIPS],
        objects: TILES,
        min_height: 64.0,
    },
    VisualType {
        name: "pivotTable",
        yaml: "matrix",
        roles: &[groups("Rows", "rows"), groups("Columns", "columns"), required(values("Values", "values"))],
        objects: "general grid columnHeaders rowHeaders values subTotals total rowTotal columnTotal columnFormatting columnWidth sparklines \
                  accessibility blankRows annotationTemplate",
        min_height: 96.0,
    },
    VisualType { name: "pageNavigator", yaml: "page-navigator", roles: &[], objects: NAVIGATOR, min_height: 24.0 },
    VisualType {
        name: "pieChart",
        yaml: "pie",
        roles: PIE,
        objects: "general legend dataPoint labels slices annotationTemplate",
        min_height: 96.0,
    },
    VisualType { name: "ribbonChart", yaml: "ribbon", roles: CARTESIAN, objects: AXES, min_height: 96.0 },
    VisualType {
        name: "scatterChart",
        yaml: "scatter",
        roles: &[
            groups("Category", "category"),
            at_most(1, groups("Series", "series")),
            at_most(1, required(any("X", "x"))),
            at_most(1, required(any("Y", "y"))),
            at_most(1, values("Size", "size")),
            at_most(1, groups("Play", "play")),
            TOOLTIPS,
        ],
        objects: "general legend categoryAxis valueAxis zoom dataPoint markers bubbles plotArea categoryLabels trend xAxisReferenceLine \
                  y1AxisReferenceLine referenceLine colorBorder fillPoint colorByCategory currentFrameIndex clustering plotAreaShading ratioLine",
        min_height: 96.0,
    },
    VisualType { name: "shape", yaml: "shape", roles: &[], objects: "fill outline text shape shadow glow rotation", min_height: 1.0 },
    VisualType {
        name: "slicer",
        yaml: "slicer",
        roles: &[required(groups("Values", "field"))],
        objects: "general data selection selectionIcon header pendingChangesIcon searchBox items date numericInputStyle slider dateRange \
                  calendarButton dateRangeText relativeText",
        min_height: 56.0,
    },
    VisualType { name: "stackedAreaChart", yaml: "stacked-area", roles: LINES, objects: LINE_AXES, min_height: 96.0 },
    VisualType { name: "barChart", yaml: "stacked-bar", roles: CARTESIAN, objects: AXES, min_height: 96.0 },
    VisualType { name: "hundredPercentStackedBarChart", yaml: "stacked-bar-100", roles: CARTESIAN, objects: AXES, min_height: 96.0 },
    VisualType { name: "columnChart", yaml: "stacked-column", roles: CARTESIAN, objects: AXES, min_height: 96.0 },
    VisualType { name: "hundredPercentStackedColumnChart", yaml: "stacked-column-100", roles: CARTESIAN, objects: AXES, min_height: 96.0 },
    VisualType { name: "lineStackedColumnComboChart", yaml: "stacked-combo", roles: COMBO, objects: LINE_AXES, min_height: 96.0 },
    VisualType {
        name: "tableEx",
        yaml: "table",
        roles: &[required(any("Values", "values"))],
        objects: "general grid columnHeaders values total columnFormatting columnWidth clustering sparklines accessibility",
        min_height: 96.0,
    },
    VisualType { name: "textbox", yaml: "text", roles: &[], objects: "general text values", min_height: 24.0 },
    VisualType {
        name: "treemap",
        yaml: "treemap",
        roles: &[required(groups("Group", "category")), groups("Details", "details"), required(values("Values", "values")), TOOLTIPS],
        objects: "general legend dataPoint layout labels categoryLabels",
        min_height: 96.0,
    },
    VisualType {
        name: "waterfallChart",
        yaml: "waterfall",
        roles: &[
            required(groups("Category", "category")),
            at_most(1, groups("Breakdown", "breakdown")),
            required(values("Y", "values")),
            TOOLTIPS,
        ],
        objects: "general legend categoryAxis valueAxis labels plotArea sentimentColors y1AxisReferenceLine breakdown",
        min_height: 96.0,
    },
];

/// Formatting objects of every visual's container.
pub const CONTAINER: &str = "title subTitle divider spacing background padding lockAspect general border dropShadow visualLink visualTooltip \
                             stylePreset visualHeader visualHeaderTooltip";

impl VisualType {
    /// By its name in files.
    pub fn by_name(name: &str) -> Option<&'static VisualType> {
        TYPES.iter().find(|visual| visual.name == name)
    }

    /// By its word in the YAML.
    pub fn by_yaml(word: &str) -> Option<&'static VisualType> {
        TYPES.iter().find(|visual| visual.yaml == word)
    }

    /// Whether it shows data.
    pub fn has_data(&self) -> bool {
        !self.roles.is_empty()
    }

    /// Whether it lets readers choose.
    pub fn is_slicer(&self) -> bool {
        matches!(self.name, "slicer" | "listSlicer" | "advancedSlicerVisual")
    }

    /// Whether it has a formatting object of that name.
    pub fn has_object(&self, object: &str) -> bool {
        self.objects.split_ascii_whitespace().any(|name| name == object)
    }

    /// A role by its name in files.
    pub fn role(&self, name: &str) -> Option<&'static RoleType> {
        self.roles.iter().find(|role| role.name == name)
    }
}

/// Whether a text property holds words that people read, which are translated (other texts name choices, fonts, files).
pub fn is_words(object: &str, property: &str) -> bool {
    matches!(
        (object, property),
        ("title" | "subTitle" | "header" | "text" | "visualHeaderTooltip" | "referenceLabelDetail", "text")
            | ("general", "altText")
            | ("visualLink", "tooltip")
            | ("categoryAxis" | "valueAxis" | "y2Axis", "titleText")
            | ("legend", "titleText")
            | ("xAxisReferenceLine" | "y1AxisReferenceLine" | "referenceLine", "displayName")
            | ("label" | "referenceLabelTitle", "titleContentText" | "text")
            | ("rowTotal" | "subTotals" | "total", "label" | "rowSubtotalsLabel" | "columnSubtotalsLabel")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_names_are_unique_and_sorted() {
        assert!(TYPES.is_sorted_by(|a, b| a.yaml < b.yaml));
        let mut names: Vec<_> = TYPES.iter().map(|t| t.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TYPES.len());
    }

    #[test]
    fn roles_are_unique_per_type() {
        for visual in TYPES {
            for (index, role) in visual.roles.iter().enumerate() {
                assert!(visual.roles[..index].iter().all(|r| r.name != role.name && r.yaml != role.yaml), "{}: {}", visual.name, role.name);
            }
        }
    }
}
