//! Tables about the model.

use super::{Body, Function, Returns, optional};

pub(super) const FUNCTIONS: &[Function] = &[
    INFO_ALTERNATEOFDEFINITIONS,
    INFO_ANNOTATIONS,
    INFO_ATTRIBUTEHIERARCHIES,
    INFO_ATTRIBUTEHIERARCHYSTORAGES,
    INFO_CALCDEPENDENCY,
    INFO_CALCULATIONGROUPS,
    INFO_CALCULATIONITEMS,
    INFO_CALENDARCOLUMNGROUPS,
    INFO_CALENDARCOLUMNREFERENCES,
    INFO_CALENDARS,
    INFO_CATALOGS,
    INFO_CHANGEDPROPERTIES,
    INFO_COLUMNPARTITIONSTORAGES,
    INFO_COLUMNPERMISSIONS,
    INFO_COLUMNS,
    INFO_COLUMNSTORAGES,
    INFO_CSDLMETADATA,
    INFO_CULTURES,
    INFO_DATACOVERAGEDEFINITIONS,
    INFO_DATASOURCES,
    INFO_DELTATABLEMETADATASTORAGES,
    INFO_DEPENDENCIES,
    INFO_DETAILROWSDEFINITIONS,
    INFO_DICTIONARYSTORAGES,
    INFO_EXCLUDEDARTIFACTS,
    INFO_EXPRESSIONS,
    INFO_EXTENDEDPROPERTIES,
    INFO_FORMATSTRINGDEFINITIONS,
    INFO_FUNCTIONS,
    INFO_GENERALSEGMENTMAPSEGMENTMETADATASTORAGES,
    INFO_GROUPBYCOLUMNS,
    INFO_HIERARCHIES,
    INFO_HIERARCHYSTORAGES,
    INFO_KPIS,
    INFO_LEVELS,
    INFO_LINGUISTICMETADATA,
    INFO_MEASURES,
    INFO_MODEL,
    INFO_OBJECTTRANSLATIONS,
    INFO_PARQUETFILESTORAGES,
    INFO_PARTITIONS,
    INFO_PARTITIONSTORAGES,
    INFO_PERSPECTIVECOLUMNS,
    INFO_PERSPECTIVEHIERARCHIES,
    INFO_PERSPECTIVEMEASURES,
    INFO_PERSPECTIVES,
    INFO_PERSPECTIVETABLES,
    INFO_PROPERTIES,
    INFO_QUERYGROUPS,
    INFO_REFRESHPOLICIES,
    INFO_RELATEDCOLUMNDETAILS,
    INFO_RELATIONSHIPINDEXSTORAGES,
    INFO_RELATIONSHIPS,
    INFO_RELATIONSHIPSTORAGES,
    INFO_ROLEMEMBERSHIPS,
    INFO_ROLES,
    INFO_SEGMENTMAPSTORAGES,
    INFO_SEGMENTSTORAGES,
    INFO_STORAGEFILES,
    INFO_STORAGEFOLDERS,
    INFO_STORAGETABLECOLUMNS,
    INFO_STORAGETABLECOLUMNSEGMENTS,
    INFO_STORAGETABLES,
    INFO_TABLEPERMISSIONS,
    INFO_TABLES,
    INFO_TABLESTORAGES,
    INFO_USERDEFINEDFUNCTIONS,
    INFO_VARIATIONS,
    INFO_VIEW_COLUMNS,
    INFO_VIEW_MEASURES,
    INFO_VIEW_RELATIONSHIPS,
    INFO_VIEW_TABLES,
];

const INFO_ALTERNATEOFDEFINITIONS: Function = Function {
    name: "INFO.ALTERNATEOFDEFINITIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-alternateofdefinitions-function-dax",
    examples: &[("COUNTROWS ( INFO.ALTERNATEOFDEFINITIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_ANNOTATIONS: Function = Function {
    name: "INFO.ANNOTATIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about annotations.",
    source: "https://learn.microsoft.com/dax/info-annotations-function-dax",
    examples: &[("COUNTROWS ( INFO.ANNOTATIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_ATTRIBUTEHIERARCHIES: Function = Function {
    name: "INFO.ATTRIBUTEHIERARCHIES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-attributehierarchies-function-dax",
    examples: &[("COUNTROWS ( INFO.ATTRIBUTEHIERARCHIES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_ATTRIBUTEHIERARCHYSTORAGES: Function = Function {
    name: "INFO.ATTRIBUTEHIERARCHYSTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-attributehierarchystorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_CALCDEPENDENCY: Function = Function {
    name: "INFO.CALCDEPENDENCY",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about dependencies between calculations.",
    source: "https://learn.microsoft.com/dax/info-calcdependency-function-dax",
    examples: &[("COUNTROWS ( INFO.CALCDEPENDENCY () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_CALCULATIONGROUPS: Function = Function {
    name: "INFO.CALCULATIONGROUPS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about calculation groups.",
    source: "https://learn.microsoft.com/dax/info-calculationgroups-function-dax",
    examples: &[("COUNTROWS ( INFO.CALCULATIONGROUPS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_CALCULATIONITEMS: Function = Function {
    name: "INFO.CALCULATIONITEMS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about calculation items.",
    source: "https://learn.microsoft.com/dax/info-calculationitems-function-dax",
    examples: &[("COUNTROWS ( INFO.CALCULATIONITEMS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_CALENDARCOLUMNGROUPS: Function = Function {
    name: "INFO.CALENDARCOLUMNGROUPS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-calendarcolumngroups-function-dax",
    examples: &[("COUNTROWS ( INFO.CALENDARCOLUMNGROUPS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_CALENDARCOLUMNREFERENCES: Function = Function {
    name: "INFO.CALENDARCOLUMNREFERENCES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-calendarcolumnreferences-function-dax",
    examples: &[("COUNTROWS ( INFO.CALENDARCOLUMNREFERENCES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_CALENDARS: Function = Function {
    name: "INFO.CALENDARS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about calendars.",
    source: "https://learn.microsoft.com/dax/info-calendars-function-dax",
    examples: &[("COUNTROWS ( INFO.CALENDARS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_CATALOGS: Function = Function {
    name: "INFO.CATALOGS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-catalogs-function-dax",
    examples: &[],
    body: Body::Special,
};

const INFO_CHANGEDPROPERTIES: Function = Function {
    name: "INFO.CHANGEDPROPERTIES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-changedproperties-function-dax",
    examples: &[("COUNTROWS ( INFO.CHANGEDPROPERTIES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_COLUMNPARTITIONSTORAGES: Function = Function {
    name: "INFO.COLUMNPARTITIONSTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-columnpartitionstorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_COLUMNPERMISSIONS: Function = Function {
    name: "INFO.COLUMNPERMISSIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-columnpermissions-function-dax",
    examples: &[("COUNTROWS ( INFO.COLUMNPERMISSIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_COLUMNS: Function = Function {
    name: "INFO.COLUMNS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about columns.",
    source: "https://learn.microsoft.com/dax/info-columns-function-dax",
    examples: &[("COUNTROWS ( INFO.COLUMNS () ) > 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_COLUMNSTORAGES: Function = Function {
    name: "INFO.COLUMNSTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-columnstorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_CSDLMETADATA: Function = Function {
    name: "INFO.CSDLMETADATA",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-csdlmetadata-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the state of a running server"),
};

const INFO_CULTURES: Function = Function {
    name: "INFO.CULTURES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about cultures.",
    source: "https://learn.microsoft.com/dax/info-cultures-function-dax",
    examples: &[("COUNTROWS ( INFO.CULTURES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_DATACOVERAGEDEFINITIONS: Function = Function {
    name: "INFO.DATACOVERAGEDEFINITIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-datacoveragedefinitions-function-dax",
    examples: &[("COUNTROWS ( INFO.DATACOVERAGEDEFINITIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_DATASOURCES: Function = Function {
    name: "INFO.DATASOURCES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-datasources-function-dax",
    examples: &[("COUNTROWS ( INFO.DATASOURCES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_DELTATABLEMETADATASTORAGES: Function = Function {
    name: "INFO.DELTATABLEMETADATASTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-deltatablemetadatastorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_DEPENDENCIES: Function = Function {
    name: "INFO.DEPENDENCIES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about dependencies between calculations.",
    source: "https://learn.microsoft.com/dax/info-dependencies-function-dax",
    examples: &[("COUNTROWS ( INFO.DEPENDENCIES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_DETAILROWSDEFINITIONS: Function = Function {
    name: "INFO.DETAILROWSDEFINITIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-detailrowsdefinitions-function-dax",
    examples: &[("COUNTROWS ( INFO.DETAILROWSDEFINITIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_DICTIONARYSTORAGES: Function = Function {
    name: "INFO.DICTIONARYSTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-dictionarystorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_EXCLUDEDARTIFACTS: Function = Function {
    name: "INFO.EXCLUDEDARTIFACTS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-excludedartifacts-function-dax",
    examples: &[("COUNTROWS ( INFO.EXCLUDEDARTIFACTS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_EXPRESSIONS: Function = Function {
    name: "INFO.EXPRESSIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about shared M expressions.",
    source: "https://learn.microsoft.com/dax/info-expressions-function-dax",
    examples: &[("COUNTROWS ( INFO.EXPRESSIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_EXTENDEDPROPERTIES: Function = Function {
    name: "INFO.EXTENDEDPROPERTIES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-extendedproperties-function-dax",
    examples: &[("COUNTROWS ( INFO.EXTENDEDPROPERTIES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_FORMATSTRINGDEFINITIONS: Function = Function {
    name: "INFO.FORMATSTRINGDEFINITIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-formatstringdefinitions-function-dax",
    examples: &[("COUNTROWS ( INFO.FORMATSTRINGDEFINITIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_FUNCTIONS: Function = Function {
    name: "INFO.FUNCTIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about user-defined functions.",
    source: "https://learn.microsoft.com/dax/info-functions-function-dax",
    examples: &[("COUNTROWS ( INFO.FUNCTIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_GENERALSEGMENTMAPSEGMENTMETADATASTORAGES: Function = Function {
    name: "INFO.GENERALSEGMENTMAPSEGMENTMETADATASTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-generalsegmentmapsegmentmetadatastorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_GROUPBYCOLUMNS: Function = Function {
    name: "INFO.GROUPBYCOLUMNS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-groupbycolumns-function-dax",
    examples: &[("COUNTROWS ( INFO.GROUPBYCOLUMNS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_HIERARCHIES: Function = Function {
    name: "INFO.HIERARCHIES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about hierarchies.",
    source: "https://learn.microsoft.com/dax/info-hierarchies-function-dax",
    examples: &[("COUNTROWS ( INFO.HIERARCHIES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_HIERARCHYSTORAGES: Function = Function {
    name: "INFO.HIERARCHYSTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-hierarchystorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_KPIS: Function = Function {
    name: "INFO.KPIS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about KPIs.",
    source: "https://learn.microsoft.com/dax/info-kpis-function-dax",
    examples: &[("COUNTROWS ( INFO.KPIS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_LEVELS: Function = Function {
    name: "INFO.LEVELS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about levels of hierarchies.",
    source: "https://learn.microsoft.com/dax/info-levels-function-dax",
    examples: &[("COUNTROWS ( INFO.LEVELS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_LINGUISTICMETADATA: Function = Function {
    name: "INFO.LINGUISTICMETADATA",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-linguisticmetadata-function-dax",
    examples: &[("COUNTROWS ( INFO.LINGUISTICMETADATA () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_MEASURES: Function = Function {
    name: "INFO.MEASURES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about measures.",
    source: "https://learn.microsoft.com/dax/info-measures-function-dax",
    examples: &[("COUNTROWS ( INFO.MEASURES () ) > 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_MODEL: Function = Function {
    name: "INFO.MODEL",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about the model itself.",
    source: "https://learn.microsoft.com/dax/info-model-function-dax",
    examples: &[("COUNTROWS ( INFO.MODEL () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_OBJECTTRANSLATIONS: Function = Function {
    name: "INFO.OBJECTTRANSLATIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-objecttranslations-function-dax",
    examples: &[("COUNTROWS ( INFO.OBJECTTRANSLATIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_PARQUETFILESTORAGES: Function = Function {
    name: "INFO.PARQUETFILESTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-parquetfilestorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_PARTITIONS: Function = Function {
    name: "INFO.PARTITIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about partitions.",
    source: "https://learn.microsoft.com/dax/info-partitions-function-dax",
    examples: &[("COUNTROWS ( INFO.PARTITIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_PARTITIONSTORAGES: Function = Function {
    name: "INFO.PARTITIONSTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-partitionstorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_PERSPECTIVECOLUMNS: Function = Function {
    name: "INFO.PERSPECTIVECOLUMNS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-perspectivecolumns-function-dax",
    examples: &[("COUNTROWS ( INFO.PERSPECTIVECOLUMNS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_PERSPECTIVEHIERARCHIES: Function = Function {
    name: "INFO.PERSPECTIVEHIERARCHIES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-perspectivehierarchies-function-dax",
    examples: &[("COUNTROWS ( INFO.PERSPECTIVEHIERARCHIES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_PERSPECTIVEMEASURES: Function = Function {
    name: "INFO.PERSPECTIVEMEASURES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-perspectivemeasures-function-dax",
    examples: &[("COUNTROWS ( INFO.PERSPECTIVEMEASURES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_PERSPECTIVES: Function = Function {
    name: "INFO.PERSPECTIVES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about perspectives.",
    source: "https://learn.microsoft.com/dax/info-perspectives-function-dax",
    examples: &[("COUNTROWS ( INFO.PERSPECTIVES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_PERSPECTIVETABLES: Function = Function {
    name: "INFO.PERSPECTIVETABLES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-perspectivetables-function-dax",
    examples: &[("COUNTROWS ( INFO.PERSPECTIVETABLES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_PROPERTIES: Function = Function {
    name: "INFO.PROPERTIES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-properties-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the state of a running server"),
};

const INFO_QUERYGROUPS: Function = Function {
    name: "INFO.QUERYGROUPS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-querygroups-function-dax",
    examples: &[("COUNTROWS ( INFO.QUERYGROUPS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_REFRESHPOLICIES: Function = Function {
    name: "INFO.REFRESHPOLICIES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-refreshpolicies-function-dax",
    examples: &[("COUNTROWS ( INFO.REFRESHPOLICIES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_RELATEDCOLUMNDETAILS: Function = Function {
    name: "INFO.RELATEDCOLUMNDETAILS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-relatedcolumndetails-function-dax",
    examples: &[("COUNTROWS ( INFO.RELATEDCOLUMNDETAILS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_RELATIONSHIPINDEXSTORAGES: Function = Function {
    name: "INFO.RELATIONSHIPINDEXSTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-relationshipindexstorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_RELATIONSHIPS: Function = Function {
    name: "INFO.RELATIONSHIPS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about relationships.",
    source: "https://learn.microsoft.com/dax/info-relationships-function-dax",
    examples: &[("COUNTROWS ( INFO.RELATIONSHIPS () ) > 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_RELATIONSHIPSTORAGES: Function = Function {
    name: "INFO.RELATIONSHIPSTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-relationshipstorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_ROLEMEMBERSHIPS: Function = Function {
    name: "INFO.ROLEMEMBERSHIPS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-rolememberships-function-dax",
    examples: &[("COUNTROWS ( INFO.ROLEMEMBERSHIPS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_ROLES: Function = Function {
    name: "INFO.ROLES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about roles.",
    source: "https://learn.microsoft.com/dax/info-roles-function-dax",
    examples: &[("COUNTROWS ( INFO.ROLES () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_SEGMENTMAPSTORAGES: Function = Function {
    name: "INFO.SEGMENTMAPSTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-segmentmapstorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_SEGMENTSTORAGES: Function = Function {
    name: "INFO.SEGMENTSTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-segmentstorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_STORAGEFILES: Function = Function {
    name: "INFO.STORAGEFILES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-storagefiles-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_STORAGEFOLDERS: Function = Function {
    name: "INFO.STORAGEFOLDERS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-storagefolders-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_STORAGETABLECOLUMNS: Function = Function {
    name: "INFO.STORAGETABLECOLUMNS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-storagetablecolumns-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_STORAGETABLECOLUMNSEGMENTS: Function = Function {
    name: "INFO.STORAGETABLECOLUMNSEGMENTS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-storagetablecolumnsegments-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_STORAGETABLES: Function = Function {
    name: "INFO.STORAGETABLES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-storagetables-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_TABLEPERMISSIONS: Function = Function {
    name: "INFO.TABLEPERMISSIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about row filters of roles.",
    source: "https://learn.microsoft.com/dax/info-tablepermissions-function-dax",
    examples: &[("COUNTROWS ( INFO.TABLEPERMISSIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_TABLES: Function = Function {
    name: "INFO.TABLES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about tables.",
    source: "https://learn.microsoft.com/dax/info-tables-function-dax",
    examples: &[("COUNTROWS ( INFO.TABLES () ) > 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_TABLESTORAGES: Function = Function {
    name: "INFO.TABLESTORAGES",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about internals of the server.",
    source: "https://learn.microsoft.com/dax/info-tablestorages-function-dax",
    examples: &[],
    body: Body::Unsupported("it describes the storage of a running server"),
};

const INFO_USERDEFINEDFUNCTIONS: Function = Function {
    name: "INFO.USERDEFINEDFUNCTIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about user-defined functions.",
    source: "https://learn.microsoft.com/dax/info-userdefinedfunctions-function-dax",
    examples: &[("COUNTROWS ( INFO.USERDEFINEDFUNCTIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_VARIATIONS: Function = Function {
    name: "INFO.VARIATIONS",
    params: &[optional("restriction_name").many(), optional("restriction_value").many()],
    returns: Returns::Table,
    about: "Rows about further objects of the model.",
    source: "https://learn.microsoft.com/dax/info-variations-function-dax",
    examples: &[("COUNTROWS ( INFO.VARIATIONS () ) >= 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_VIEW_COLUMNS: Function = Function {
    name: "INFO.VIEW.COLUMNS",
    params: &[],
    returns: Returns::Table,
    about: "The columns of the model in words for people.",
    source: "https://learn.microsoft.com/dax/info-view-columns-function-dax",
    examples: &[("COUNTROWS ( INFO.VIEW.COLUMNS () ) > 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_VIEW_MEASURES: Function = Function {
    name: "INFO.VIEW.MEASURES",
    params: &[],
    returns: Returns::Table,
    about: "The measures of the model in words for people.",
    source: "https://learn.microsoft.com/dax/info-view-measures-function-dax",
    examples: &[("COUNTROWS ( INFO.VIEW.MEASURES () ) > 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_VIEW_RELATIONSHIPS: Function = Function {
    name: "INFO.VIEW.RELATIONSHIPS",
    params: &[],
    returns: Returns::Table,
    about: "The relationships of the model in words for people.",
    source: "https://learn.microsoft.com/dax/info-view-relationships-function-dax",
    examples: &[("COUNTROWS ( INFO.VIEW.RELATIONSHIPS () ) > 0", "TRUE ()")],
    body: Body::Special,
};

const INFO_VIEW_TABLES: Function = Function {
    name: "INFO.VIEW.TABLES",
    params: &[],
    returns: Returns::Table,
    about: "The tables of the model in words for people.",
    source: "https://learn.microsoft.com/dax/info-view-tables-function-dax",
    examples: &[("COUNTROWS ( INFO.VIEW.TABLES () ) > 0", "TRUE ()")],
    body: Body::Special,
};
