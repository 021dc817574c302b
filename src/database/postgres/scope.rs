/// Which schemas an introspection is about, where it is not all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    home: Option<String>,
    passed: Vec<String>,
}

impl Scope {
    /// One schema in the place of `public`, as a session with that `search_path` sees it: its objects
    /// have no schema in the model, those of `public` have it, and there are no others.
    #[must_use]
    pub fn at_home_in(schema: impl Into<String>) -> Self {
        Self { home: Some(schema.into()), passed: Vec::new() }
    }

    /// All but these, in which `{}` stands for any text.
    #[must_use]
    pub fn passing_over(schemas: Vec<String>) -> Self {
        Self { home: None, passed: schemas }
    }

    /// The schema whose objects the model names without one.
    pub(super) fn default_schema(&self) -> &str {
        self.home.as_deref().unwrap_or("public")
    }

    /// A schema that the model has nothing of.
    pub(super) fn leaves_out(&self, schema: &str) -> bool {
        match &self.home {
            Some(home) => schema != home && schema != "public",
            None => schema != "public" && self.passes_over(schema),
        }
    }

    pub(super) fn passes_over(&self, schema: &str) -> bool {
        self.passed.iter().any(|pattern| match pattern.split_once("{}") {
            None => schema == pattern,
            Some((before, after)) => {
                schema.len() > before.len() + after.len()
                    && schema.starts_with(before)
                    && schema.ends_with(after)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Scope;

    #[test]
    fn a_pattern_stands_for_schemas_with_something_in_its_place() {
        let scope = Scope::passing_over(vec!["tenant_{}".to_owned(), "acme".to_owned()]);
        for (schema, out) in [
            ("tenant_a", true),
            ("tenant_", false),
            ("tenants", false),
            ("acme", true),
            ("acme2", false),
            ("public", false),
        ] {
            assert_eq!(scope.leaves_out(schema), out, "{schema}");
        }
        let home = Scope::at_home_in("tenant_a");
        assert!(home.leaves_out("tenant_b") && !home.leaves_out("public"));
        assert_eq!(home.default_schema(), "tenant_a");
    }
}
