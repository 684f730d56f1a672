//! Columns of the INFO functions, as the schema rowsets of Analysis Services name them.
//!
//! Source: <https://learn.microsoft.com/dax/info-functions-dax>

use crate::dax::bind::bound::Ty;

/// Function and columns: `i` whole number, `s` text, `b` true or false, `d` date and time.
#[rustfmt::skip]
const SCHEMAS: &[(&str, &str)] = &[
    ("INFO.ALTERNATEOFDEFINITIONS", "ID:i ColumnID:i BaseColumnID:i BaseTableID:i Summarization:i"),
    ("INFO.ANNOTATIONS", "ID:i ObjectID:i ObjectType:i Name:s Value:s ModifiedTime:d"),
    ("INFO.ATTRIBUTEHIERARCHIES", "ID:i ColumnID:i State:i AttributeHierarchyStorageID:i ModifiedTime:d RefreshedTime:d"),
    ("INFO.CALCDEPENDENCY", "DATABASE_NAME:s OBJECT_TYPE:s TABLE:s OBJECT:s EXPRESSION:s REFERENCED_OBJECT_TYPE:s REFERENCED_TABLE:s \
        REFERENCED_OBJECT:s REFERENCED_EXPRESSION:s QUERY:s"),
    ("INFO.CALCULATIONGROUPS", "ID:i TableID:i Description:s ModifiedTime:d Precedence:i"),
    ("INFO.CALCULATIONITEMS", "ID:i CalculationGroupID:i FormatStringDefinitionID:i Name:s Description:s ModifiedTime:d State:i ErrorMessage:s \
        Expression:s Ordinal:i"),
    ("INFO.CALENDARCOLUMNGROUPS", "ID:i CalendarID:i TimeUnit:i ModifiedTime:d"),
    ("INFO.CALENDARCOLUMNREFERENCES", "ID:i CalendarColumnGroupID:i ColumnID:i IsPrimaryColumn:b ModifiedTime:d"),
    ("INFO.CALENDARS", "ID:i TableID:i Name:s Description:s LineageTag:s SourceLineageTag:s ModifiedTime:d"),
    ("INFO.CATALOGS", "CATALOG_NAME:s DESCRIPTION:s ROLES:s DATE_MODIFIED:d COMPATIBILITY_LEVEL:i TYPE:i VERSION:i DATABASE_ID:s \
        DATE_QUERIED:d CURRENTLY_USED:b POPULARITY:d"),
    ("INFO.CHANGEDPROPERTIES", "ID:i ObjectID:i ObjectType:i Property:s"),
    ("INFO.COLUMNPERMISSIONS", "ID:i TablePermissionID:i ColumnID:i ModifiedTime:d MetadataPermission:i"),
    ("INFO.COLUMNS", "ID:i TableID:i ExplicitName:s InferredName:s ExplicitDataType:i InferredDataType:i DataCategory:s Description:s \
        IsHidden:b State:i IsUnique:b IsKey:b IsNullable:b Alignment:i TableDetailPosition:i IsDefaultLabel:b IsDefaultImage:b \
        SummarizeBy:i ColumnStorageID:i Type:i SourceColumn:s ColumnOriginID:i Expression:s FormatString:s IsAvailableInMDX:b \
        SortByColumnID:i AttributeHierarchyID:i ModifiedTime:d StructureModifiedTime:d RefreshedTime:d SystemFlags:i \
        KeepUniqueRows:b DisplayOrdinal:i ErrorMessage:s SourceProviderType:s DisplayFolder:s EncodingHint:i \
        RelatedColumnDetailsID:i AlternateOfID:i LineageTag:s SourceLineageTag:s"),
    ("INFO.CULTURES", "ID:i ModelID:i Name:s LinguisticMetadataID:i ModifiedTime:d StructureModifiedTime:d"),
    ("INFO.DATACOVERAGEDEFINITIONS", "ID:i PartitionID:i Expression:s ModifiedTime:d State:i ErrorMessage:s"),
    ("INFO.DATASOURCES", "ID:i ModelID:i Name:s Description:s Type:i ConnectionString:s ImpersonationMode:i Account:s Password:s \
        MaxConnections:i Isolation:i Timeout:i Provider:s ModifiedTime:d ConnectionDetails:s Options:s Credential:s \
        ContextExpression:s"),
    ("INFO.DEPENDENCIES", "DATABASE_NAME:s OBJECT_TYPE:s TABLE:s OBJECT:s EXPRESSION:s REFERENCED_OBJECT_TYPE:s REFERENCED_TABLE:s \
        REFERENCED_OBJECT:s REFERENCED_EXPRESSION:s QUERY:s"),
    ("INFO.DETAILROWSDEFINITIONS", "ID:i ObjectID:i ObjectType:i Expression:s ModifiedTime:d State:i ErrorMessage:s"),
    ("INFO.EXCLUDEDARTIFACTS", "ID:i ObjectID:i ObjectType:i ArtifactType:i Reference:s"),
    ("INFO.EXPRESSIONS", "ID:i ModelID:i Name:s Description:s Kind:i Expression:s ModifiedTime:d QueryGroupID:i ParameterValuesColumnID:i \
        MAttributes:s LineageTag:s SourceLineageTag:s RemoteParameterName:s ExpressionSourceID:i"),
    ("INFO.EXTENDEDPROPERTIES", "ID:i ObjectID:i ObjectType:i Name:s Type:i Value:s ModifiedTime:d"),
    ("INFO.FORMATSTRINGDEFINITIONS", "ID:i ObjectID:i ObjectType:i Expression:s ModifiedTime:d State:i ErrorMessage:s"),
    ("INFO.FUNCTIONS", "FUNCTION_NAME:s DESCRIPTION:s PARAMETER_LIST:s RETURN_TYPE:i ORIGIN:i INTERFACE_NAME:s LIBRARY_NAME:s DLL_NAME:s \
        HELP_FILE:s HELP_CONTEXT:i OBJECT:s CAPTION:s PARAMETERINFO:s DIRECTQUERY_PUSHABLE:i VISUAL_CALCULATIONS_INFO:i"),
    ("INFO.GROUPBYCOLUMNS", "ID:i RelatedColumnDetailsID:i GroupingColumnID:i ModifiedTime:d"),
    ("INFO.HIERARCHIES", "ID:i TableID:i Name:s Description:s IsHidden:b State:i HierarchyStorageID:i ModifiedTime:d StructureModifiedTime:d \
        RefreshedTime:d DisplayFolder:s HideMembers:i LineageTag:s SourceLineageTag:s"),
    ("INFO.KPIS", "ID:i MeasureID:i Description:s TargetDescription:s TargetExpression:s TargetFormatString:s StatusGraphic:s \
        StatusDescription:s StatusExpression:s TrendGraphic:s TrendDescription:s TrendExpression:s ModifiedTime:d"),
    ("INFO.LEVELS", "ID:i HierarchyID:i Ordinal:i Name:s Description:s ColumnID:i ModifiedTime:d LineageTag:s SourceLineageTag:s"),
    ("INFO.LINGUISTICMETADATA", "ID:i CultureID:i Content:s ModifiedTime:d ContentType:i"),
    ("INFO.MEASURES", "ID:i TableID:i Name:s Description:s DataType:i Expression:s FormatString:s IsHidden:b State:i ModifiedTime:d \
        StructureModifiedTime:d KPIID:i IsSimpleMeasure:b ErrorMessage:s DisplayFolder:s DetailRowsDefinitionID:i \
        DataCategory:s FormatStringDefinitionID:i LineageTag:s SourceLineageTag:s"),
    ("INFO.MODEL", "ID:i Name:s Description:s StorageLocation:s DefaultMode:i DefaultDataView:i Culture:s Collation:s ModifiedTime:d \
        StructureModifiedTime:d Version:i DataAccessOptions:s DefaultMeasureID:i DefaultPowerBIDataSourceVersion:i \
        ForceUniqueNames:b DiscourageImplicitMeasures:b DiscourageReportMeasures:b DataSourceVariablesOverrideBehavior:i \
        DataSourceDefaultMaxConnections:i SourceQueryCulture:s MAttributes:s DiscourageCompositeModels:b \
        AutomaticAggregationOptions:s MaxParallelismPerRefresh:i MaxParallelismPerQuery:i DirectLakeBehavior:i \
        ValueFilterBehavior:i SelectionExpressionBehavior:i"),
    ("INFO.OBJECTTRANSLATIONS", "ID:i CultureID:i ObjectID:i ObjectType:i Property:i Value:s ModifiedTime:d Altered:b"),
    ("INFO.PARTITIONS", "ID:i TableID:i Name:s Description:s DataSourceID:i QueryDefinition:s State:i Type:i PartitionStorageID:i Mode:i \
        DataView:i ModifiedTime:d RefreshedTime:d SystemFlags:i ErrorMessage:s RetainDataTillForceCalculate:b RangeStart:d \
        RangeEnd:d RangeGranularity:i RefreshBookmark:s QueryGroupID:i ExpressionSourceID:i DataCoverageDefinitionID:i \
        SchemaName:s"),
    ("INFO.PERSPECTIVECOLUMNS", "ID:i PerspectiveTableID:i ColumnID:i ModifiedTime:d"),
    ("INFO.PERSPECTIVEHIERARCHIES", "ID:i PerspectiveTableID:i HierarchyID:i ModifiedTime:d"),
    ("INFO.PERSPECTIVEMEASURES", "ID:i PerspectiveTableID:i MeasureID:i ModifiedTime:d"),
    ("INFO.PERSPECTIVES", "ID:i ModelID:i Name:s Description:s ModifiedTime:d"),
    ("INFO.PERSPECTIVETABLES", "ID:i PerspectiveID:i TableID:i IncludeAll:b ModifiedTime:d"),
    ("INFO.QUERYGROUPS", "ID:i ModelID:i Folder:s Description:s"),
    ("INFO.REFRESHPOLICIES", "ID:i TableID:i PolicyType:i RollingWindowGranularity:i RollingWindowPeriods:i IncrementalGranularity:i \
        IncrementalPeriods:i IncrementalPeriodsOffset:i PollingExpression:s SourceExpression:s Mode:i"),
    ("INFO.RELATEDCOLUMNDETAILS", "ID:i ColumnID:i ModifiedTime:d"),
    ("INFO.RELATIONSHIPS", "ID:i ModelID:i Name:s IsActive:b Type:i CrossFilteringBehavior:i JoinOnDateBehavior:i RelyOnReferentialIntegrity:b \
        FromTableID:i FromColumnID:i FromCardinality:i ToTableID:i ToColumnID:i ToCardinality:i State:i \
        RelationshipStorageID:i RelationshipStorage2ID:i ModifiedTime:d RefreshedTime:d SecurityFilteringBehavior:i"),
    ("INFO.ROLEMEMBERSHIPS", "ID:i RoleID:i MemberName:s MemberID:s IdentityProvider:s MemberType:i ModifiedTime:d"),
    ("INFO.ROLES", "ID:i ModelID:i Name:s Description:s ModelPermission:i ModifiedTime:d"),
    ("INFO.TABLEPERMISSIONS", "ID:i RoleID:i TableID:i FilterExpression:s ModifiedTime:d State:i ErrorMessage:s MetadataPermission:i"),
    ("INFO.TABLES", "ID:i ModelID:i Name:s DataCategory:s Description:s IsHidden:b TableStorageID:i ModifiedTime:d StructureModifiedTime:d \
        SystemFlags:i ShowAsVariationsOnly:b IsPrivate:b DefaultDetailRowsDefinitionID:i AlternateSourcePrecedence:i \
        RefreshPolicyID:i CalculationGroupID:i ExcludeFromModelRefresh:b LineageTag:s SourceLineageTag:s SystemManaged:b \
        ExcludeFromAutomaticAggregations:b"),
    ("INFO.USERDEFINEDFUNCTIONS", "ID:i ModelID:i Name:s Description:s Expression:s IsHidden:b State:i ErrorMessage:s ModifiedTime:d \
        StructureModifiedTime:d LineageTag:s SourceLineageTag:s"),
    ("INFO.VARIATIONS", "ID:i ColumnID:i Name:s Description:s RelationshipID:i DefaultHierarchyID:i DefaultColumnID:i IsDefault:b"),
    ("INFO.VIEW.COLUMNS", "ID:i Name:s Table:s DataType:s DataCategory:s Description:s IsHidden:b IsUnique:b IsKey:b IsNullable:b Alignment:s \
        SummarizeBy:s ColumnStorage:s Type:s SourceColumn:s Expression:s FormatString:s IsAvailableInMDX:b SortByColumn:s \
        GroupingBehavior:s SourceProviderType:s DisplayFolder:s AlternateOf:s LineageTag:s"),
    ("INFO.VIEW.MEASURES", "ID:i Name:s Table:s Description:s DataType:s Expression:s FormatString:s IsHidden:b State:s KPIID:i IsSimpleMeasure:b \
        DisplayFolder:s DetailRowsDefinition:s DataCategory:s FormatStringDefinition:s LineageTag:s"),
    ("INFO.VIEW.RELATIONSHIPS", "ID:i Name:s Relationship:s Model:s IsActive:b CrossFilteringBehavior:s RelyOnReferentialIntegrity:b FromTable:s \
        FromColumn:s FromCardinality:s ToTable:s ToColumn:s ToCardinality:s State:s SecurityFilteringBehavior:s"),
    ("INFO.VIEW.TABLES", "ID:i Name:s Model:s DataCategory:s Description:s IsHidden:b StorageMode:s TableStorage:s Expression:s \
        ShowAsVariationOnly:b IsPrivate:b CalculationGroupPrecedence:i LineageTag:s"),
];

/// Columns of an INFO function; `None` for one that describes the inside of a server.
pub fn columns(name: &str) -> Option<Vec<(&'static str, Ty)>> {
    let (_, columns) = SCHEMAS.iter().find(|(function, _)| *function == name)?;
    let typed = columns.split_whitespace().map(|column| {
        let (name, ty) = column.split_once(':').expect("a name and a type");
        let ty = match ty {
            "i" => Ty::Int,
            "b" => Ty::Boolean,
            "d" => Ty::Date,
            _ => Ty::Text,
        };
        (name, ty)
    });
    Some(typed.collect())
}
