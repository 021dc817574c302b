use super::ConfigError;
use super::file::FilterSection;
use crate::model::{Model, QName};
use regex_lite::Regex;
use std::path::Path;

/// The tables that dbkit is about, where it is not all of them: the others are somebody else's, and
/// nothing is read from them, written about them or done to them.
#[derive(Clone, Debug, Default)]
pub struct TableFilter {
    /// Of dbkit.toml one, of diesel.toml one for each section of `print_schema`.
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    /// `None` is the default schema.
    schema: Option<String>,
    /// A rule of dbkit.toml is about every schema.
    everywhere: bool,
    /// `None` where all are wanted.
    only: Option<Vec<Regex>>,
    except: Vec<Regex>,
}

impl TableFilter {
    /// True where nothing is left out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.iter().all(|rule| rule.only.is_none() && rule.except.is_empty())
    }

    /// True for a table that every rule about its schema leaves out.
    #[must_use]
    pub fn leaves_out(&self, table: &QName) -> bool {
        let mut about = self
            .rules
            .iter()
            .filter(|rule| rule.everywhere || rule.schema == table.schema)
            .peekable();
        about.peek().is_some() && about.all(|rule| rule.leaves_out(&table.name))
    }

    /// The model without what is left out.
    pub fn apply(&self, model: &mut Model) {
        if !self.is_empty() {
            model.leave_out(&|table| self.leaves_out(table));
        }
    }

    /// `filter` of dbkit.toml.
    pub(super) fn of_dbkit(section: &FilterSection, file: &Path) -> Result<Self, ConfigError> {
        let rule = Rule::read(section, "filter", file)?;
        Ok(Self { rules: vec![Rule { everywhere: true, ..rule }] })
    }

    /// `filter` of `[print_schema]` and of every `[print_schema.NAME]` in diesel.toml. A section
    /// without one wants every table of its schema.
    pub(super) fn of_diesel(table: &toml::Table, file: &Path) -> Result<Self, ConfigError> {
        let Some(toml::Value::Table(section)) = table.get("print_schema") else {
            return Ok(Self::default());
        };
        let named =
            |value: &&toml::Value| value.as_table().is_some_and(|table| table.contains_key("file"));
        let named = section.values().filter(named).filter_map(toml::Value::as_table);
        let own = Some(section).filter(|section| section.contains_key("file"));
        let mut rules = Vec::new();
        for section in own.into_iter().chain(named) {
            let filter = section.get("filter").and_then(toml::Value::as_table);
            let list = |key: &str| {
                let list = filter?.get(key)?.as_array()?;
                Some(list.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect())
            };
            let filter = FilterSection {
                only_tables: list("only_tables"),
                except_tables: list("except_tables"),
            };
            let rule = Rule::read(&filter, "print_schema.filter", file)?;
            let schema = section.get("schema").and_then(toml::Value::as_str);
            let schema = schema.filter(|name| *name != "public").map(str::to_owned);
            rules.push(Rule { schema, ..rule });
        }
        Ok(Self { rules })
    }
}

impl Rule {
    fn leaves_out(&self, name: &str) -> bool {
        let any = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(name));
        self.only.as_ref().is_some_and(|only| !any(only)) || any(&self.except)
    }

    fn read(section: &FilterSection, key: &str, file: &Path) -> Result<Self, ConfigError> {
        let patterns = |name: &str, texts: &[String]| -> Result<Vec<Regex>, ConfigError> {
            let compiled = texts.iter().map(|text| {
                Regex::new(text).map_err(|error| ConfigError::Pattern {
                    file: file.to_owned(),
                    key: format!("{key}.{name}"),
                    pattern: text.clone(),
                    reason: error.to_string(),
                })
            });
            compiled.collect()
        };
        let only = section.only_tables.as_deref().map(|texts| patterns("only_tables", texts));
        let except = section.except_tables.as_deref().unwrap_or_default();
        Ok(Self {
            schema: None,
            everywhere: false,
            only: only.transpose()?,
            except: patterns("except_tables", except)?,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn left_out(filter: &TableFilter, names: &[&str]) -> Vec<String> {
        let name = |text: &&str| match text.split_once('.') {
            Some((schema, name)) => QName { schema: Some(schema.into()), name: name.into() },
            None => QName { schema: None, name: (*text).into() },
        };
        names.iter().map(name).filter(|n| filter.leaves_out(n)).map(|n| n.to_string()).collect()
    }

    #[test]
    fn a_section_is_about_its_schema() {
        let text = "[print_schema.main]\nfile = \"a.rs\"\nfilter = { except_tables = [\"^tmp_\"] }\n\
                    [print_schema.more]\nfile = \"b.rs\"\nfilter = { only_tables = [\"^tmp_kept$\"] }\n\
                    [print_schema.other]\nfile = \"c.rs\"\nschema = \"other\"\nfilter = { only_tables = [\"things\"] }\n";
        let table = text.parse().unwrap();
        let filter = TableFilter::of_diesel(&table, Path::new("diesel.toml")).unwrap();
        let names = ["users", "tmp_a", "tmp_kept", "other.things", "other.x", "third.tmp_x"];
        assert_eq!(left_out(&filter, &names), ["tmp_a", "other.x"]);
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        let section =
            FilterSection { only_tables: Some(vec!["(".to_owned()]), except_tables: None };
        let error = TableFilter::of_dbkit(&section, Path::new("dbkit.toml")).unwrap_err();
        assert!(error.to_string().contains("filter.only_tables in dbkit.toml"), "{error}");
    }
}
