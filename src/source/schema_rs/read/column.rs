//! One column: its type, and the attributes about its value and storage.

use super::super::ast::{self, Attribute, Span};
use super::args::{Args, options};
use super::catalog::sql_name;
use super::column_type::{resolve, type_notes};
use super::default;
use super::draft::{Context, Draft};
use super::identity::{autoincrement, identity};
use crate::dialect::{postgres, sqlite};
use crate::diff::Rename;
use crate::diff::Using;
use crate::model::{
    Check, Collation, Column, ColumnRef, ColumnValue, Dialect, Expr, GeneratedKind, Mask, Options,
    QName, Storage, TypeName,
};

/// Reads the column and adds it to the draft. The attributes that make constraints and indexes are
/// handed back.
pub fn read<'a>(
    column: &'a ast::Column,
    draft: &mut Draft,
    context: &mut Context<'_>,
) -> Vec<&'a Attribute> {
    let notes = type_notes(column, context);
    let name = sql_name(&column.name, &column.notes);
    let before = context.mistakes.len();
    let resolved = resolve(&column.ty, &notes, &draft.home, context);
    if draft.plain && is_unresolved(&resolved.ty) {
        // The application's own type: the database may know what it is there.
        let place = ColumnRef { table: draft.table.name.clone(), column: name.clone() };
        let told = context.mistakes.take_back(before);
        context.undecided.extend(told.map(|mistake| (place, mistake)));
    }
    let at = draft.table.columns.len();
    let mut out = Column {
        name,
        ty: resolved.ty,
        nullable: resolved.nullable,
        value: ColumnValue::None,
        collation: None,
        storage: None,
        compression: None,
        statistics: None,
        options: Options::new(),
        inherited: false,
        not_null_conflict: None,
        comment: column.notes.doc.clone(),
    };
    if resolved.serial {
        draft.serials.push(at);
    }
    let labels = resolved.labels.as_deref();
    let mut constraints = Vec::new();
    let mut value_span = None;
    for attribute in &column.notes.attributes {
        if !attribute_of(attribute, &mut out, &mut value_span, draft, context, labels) {
            constraints.push(attribute);
        }
    }
    if let (ColumnValue::Identity(identity), TypeName::Builtin(ty)) = (&mut out.value, &out.ty.name)
    {
        identity.options = std::mem::take(&mut identity.options).normalised(ty);
    }
    if context.dialect == Dialect::Sqlite {
        let quoted = sqlite::quote::ident(&out.name);
        if let Some(labels) = &resolved.labels {
            if !resolved.values.is_empty() {
                let place = ColumnRef { table: draft.table.name.clone(), column: out.name.clone() };
                context.conversions.values.insert(place, resolved.values.clone());
            }
            let labels: Vec<String> = labels.iter().map(|l| sqlite::quote::literal(l)).collect();
            add_check(draft, format!("{quoted} IN ({})", labels.join(", ")), &column.name.span);
        }
        if let ColumnValue::Default(expr) = &mut out.value {
            // Where the type is told in SQL, so is the default.
            let jsonb = notes.sql_type.is_none() && sqlite::types::is_jsonb(&out.ty);
            sqlite_literal(expr, jsonb, resolved.json_array);
        }
        if resolved.json_array {
            add_check(draft, format!("json_valid({quoted})"), &column.name.span);
        }
    }
    draft.table.columns.push(out);
    draft.column_spans.push(column.name.span.clone());
    constraints
}

/// A text that PostgreSQL reads as the column's type, as SQLite has it: JSON in its binary form, and
/// lists as JSON.
fn sqlite_literal(expr: &mut Expr, jsonb: bool, list: bool) {
    let literal = expr.as_str().trim().to_owned();
    let whole = literal.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    match whole {
        Some(inner) if jsonb && !inner.replace("''", "").contains('\'') => {
            *expr = Expr::new(format!("jsonb({literal})"));
        }
        Some("{}") if list => *expr = Expr::new("'[]'".to_owned()),
        _ => {}
    }
}

fn add_check(draft: &mut Draft, expr: String, span: &Span) {
    draft.table.checks.push(Check {
        name: None,
        expr: Expr::new(expr),
        not_valid: false,
        no_inherit: false,
        inherited: false,
        comment: None,
    });
    draft.check_spans.push(span.clone());
}

fn is_unresolved(ty: &crate::model::DataType) -> bool {
    matches!(&ty.name, TypeName::User(name) if name.name.is_empty())
}

/// Heeds one attribute; false when it is one that makes a constraint or index.
fn attribute_of(
    attribute: &Attribute,
    out: &mut Column,
    value_span: &mut Option<(Span, &'static str)>,
    draft: &mut Draft,
    context: &mut Context<'_>,
    labels: Option<&[String]>,
) -> bool {
    let at = draft.table.columns.len();
    let mut args = Args::new(attribute, &[]);
    let span = args.span.clone();
    let mistakes = &mut *context.mistakes;
    let dialect = context.dialect;
    let only = |only: Dialect, mistakes: &mut super::mistakes::Mistakes| {
        if only != dialect {
            mistakes.no_equivalent(dialect, &span, &attribute.name.text);
        }
    };
    let mut set_value = |value: ColumnValue,
                         what: &'static str,
                         out: &mut Column,
                         mistakes: &mut super::mistakes::Mistakes| {
        if let Some((_, before)) = value_span {
            mistakes
                .add(
                    "two-values",
                    &span,
                    format!("column `{}` has both `{before}` and `{what}`", out.name),
                )
                .help("keep one of them");
            false
        } else {
            *value_span = Some((span.clone(), what));
            out.value = value;
            true
        }
    };
    match attribute.name.text.as_str() {
        "sql_type" | "max_length" | "precision" => return true,
        "sql_name" => {
            args.first_text();
        }
        "comment" => out.comment = args.first_text().map(|(text, _)| text).or(out.comment.take()),
        "default" => {
            if let Some((expr, place)) = first_expr(&mut args) {
                default::check(&expr, &place, &out.ty, labels, dialect, mistakes);
                let expr = match dialect {
                    Dialect::Sqlite => sqlite_expr(&expr),
                    Dialect::Postgres => expr,
                };
                set_value(ColumnValue::Default(Expr::new(expr)), "default", out, mistakes);
            } else {
                mistakes
                    .add("wrong-value", &span, "`default` takes an SQL expression as a string")
                    .help("write #[default = \"now()\"], and for a text #[default = \"'a'\"]");
            }
        }
        "serial" => {
            if set_value(ColumnValue::None, "serial", out, mistakes) {
                draft.serials.push(at);
            }
        }
        "autoincrement" => {
            if set_value(ColumnValue::None, "autoincrement", out, mistakes) {
                autoincrement(out, &span, draft, context.dialect, mistakes);
            }
        }
        "identity" => {
            let identity = identity(&mut args, mistakes);
            let options = ["sequence", "start", "increment", "min", "max", "cache", "cycle"];
            args.only_on(Dialect::Postgres, &options, dialect, mistakes);
            if dialect == Dialect::Sqlite {
                if set_value(ColumnValue::None, "identity", out, mistakes) {
                    autoincrement(out, &span, draft, context.dialect, mistakes);
                }
            } else {
                set_value(ColumnValue::Identity(identity), "identity", out, mistakes);
            }
        }
        "generated" => {
            let kind = if args.flag("virtual", mistakes) {
                GeneratedKind::Virtual
            } else {
                args.flag("stored", mistakes);
                GeneratedKind::Stored
            };
            match args.first_text() {
                Some((expr, _)) => {
                    let value = ColumnValue::Generated { expr: Expr::new(expr), kind };
                    set_value(value, "generated", out, mistakes);
                }
                None => {
                    mistakes
                        .add("wrong-value", &span, "`generated` takes an SQL expression")
                        .help("write #[generated = \"price * amount\"]");
                }
            }
        }
        "collate" => {
            let schema = args.text("schema", mistakes);
            args.only_on(Dialect::Postgres, &["schema"], dialect, mistakes);
            out.collation = args.first_text().map(|(name, _)| Collation(QName { schema, name }));
        }
        "storage" => {
            only(Dialect::Postgres, mistakes);
            let choices = [
                ("plain", Storage::Plain),
                ("external", Storage::External),
                ("extended", Storage::Extended),
                ("main", Storage::Main),
            ];
            out.storage = args.positional().first().and_then(|arg| match arg {
                ast::Arg::Value(value) => super::args::choice("storage", value, &choices, mistakes),
                _ => None,
            });
        }
        "compression" => {
            only(Dialect::Postgres, mistakes);
            out.compression = args.first_word();
        }
        "statistics" => {
            only(Dialect::Postgres, mistakes);
            out.statistics = args.first_integer().and_then(|n| i32::try_from(n).ok());
        }
        "options" => {
            only(Dialect::Postgres, mistakes);
            out.options = options(&args.all(), mistakes);
        }
        "inherited" => {
            only(Dialect::Postgres, mistakes);
            out.inherited = true;
        }
        "nullable" => out.nullable = true,
        "not_null" => {
            only(Dialect::Sqlite, mistakes);
            out.not_null_conflict = args.on_conflict(mistakes);
        }
        "on_update" => match first_expr(&mut args) {
            Some((expr, _)) => draft.on_updates.push((at, expr)),
            None => {
                mistakes
                    .add("wrong-value", &span, "`on_update` takes an SQL expression")
                    .help("write #[on_update = \"now()\"]");
            }
        },
        "pii" => {
            let word = args.choice("mask", &Mask::WORDS, mistakes);
            let mask = word.or_else(|| match args.positional().first() {
                Some(ast::Arg::Value(value)) => {
                    super::args::choice("pii", value, &Mask::WORDS, mistakes)
                }
                _ => None,
            });
            let place = ColumnRef { table: draft.table.name.clone(), column: out.name.clone() };
            context.personal.insert(place, mask);
        }
        "renamed_from" => {
            if let Some((from, _)) = args.first_text() {
                context.renames.push(Rename::Column {
                    table: draft.table.name.clone(),
                    from,
                    to: out.name.clone(),
                });
            }
        }
        "using" => {
            let place = ColumnRef { table: draft.table.name.clone(), column: out.name.clone() };
            let there = args.first_text();
            let back = args.text("back", mistakes);
            let old = args.text("from", mistakes).and_then(|sql| match context.dialect {
                Dialect::Sqlite => Some(sqlite::types::parse(&sql)),
                Dialect::Postgres => postgres::types::parse(&sql).ok(),
            });
            match (there, old) {
                (Some((there, _)), Some(old)) => {
                    let using = Using { old, there, back, reversed: false };
                    context.conversions.using.insert(place, using);
                }
                _ => {
                    mistakes
                        .add(
                            "wrong-value",
                            &span,
                            "`using` takes an SQL expression and the type it starts from",
                        )
                        .help("write #[using(\"price::integer\", from = \"text\", back = \"price::text\")]");
                }
            }
        }
        _ => return false,
    }
    args.finish(mistakes);
    true
}

/// `#[default = "now()"]`; a number or `true` may stand without quotes.
fn first_expr(args: &mut Args<'_>) -> Option<(String, Span)> {
    if let Some(found) = args.first_text() {
        return Some(found).filter(|(text, _)| !text.trim().is_empty());
    }
    let positional = args.positional();
    match positional.first() {
        Some(ast::Arg::Value(value)) => match &value.kind {
            ast::ValueKind::Integer(number) => Some((number.to_string(), value.span.clone())),
            ast::ValueKind::Bool(on) => Some((on.to_string(), value.span.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// What PostgreSQL calls `now()` has another name.
pub fn sqlite_expr(expr: &str) -> String {
    match expr.trim().to_ascii_lowercase().as_str() {
        "now()" | "current_timestamp" | "transaction_timestamp()" => "CURRENT_TIMESTAMP".to_owned(),
        "current_date" => "CURRENT_DATE".to_owned(),
        "current_time" | "localtime" => "CURRENT_TIME".to_owned(),
        _ => expr.to_owned(),
    }
}

/// A possibly qualified, possibly quoted SQL name.
pub fn qname(text: &str) -> Option<QName> {
    postgres::types::parse_name(text).ok()
}
