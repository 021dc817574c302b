//! SQL that would take a tenant's unit of work out of the tenant is not sent at all.
//!
//! Policies, schemas and roles keep tenants apart by settings of the session, and PostgreSQL lets
//! every role change its own settings. So what changes those, ends the transaction that they hold
//! for, or runs text that cannot be looked at, is refused before it reaches the server.

use super::Tenancy;
use crate::model::Dialect;
use crate::sql::lex::{Token, TokenKind, tokens};
use std::sync::atomic::{AtomicBool, Ordering};

/// What holds while a tenant's closure runs.
#[derive(Debug)]
pub(super) struct Confinement {
    dialect: Dialect,
    tenancy: Tenancy,
    schema: Option<String>,
    on: AtomicBool,
    broken: AtomicBool,
}

/// What unwinds out of a statement that is not sent: the unit of work turns it into an error.
pub(super) struct Trespass;

impl Confinement {
    pub(super) fn new(dialect: Dialect, tenancy: Tenancy, schema: Option<String>) -> Self {
        let (on, broken) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { dialect, tenancy, schema, on, broken }
    }

    /// Only the closure's statements are looked at, not those of the unit of work itself.
    pub(super) fn set(&self, on: bool) {
        self.on.store(on, Ordering::Relaxed);
    }

    pub(super) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Looks at a statement before it is sent.
    pub(super) fn examine(&self, sql: &str) {
        let Some(why) = self.trespass(sql) else { return };
        self.broken.store(true, Ordering::Relaxed);
        self.set(false);
        tracing::error!(target: "dbkit::tenant", why, "SQL of a tenant's unit of work was not sent");
        // Diesel asks nobody whether to go on. No panic hook is run by this, and a program that ends
        // at panics must not be ended by it: there, the unit of work is undone at its end.
        #[cfg(panic = "unwind")]
        std::panic::resume_unwind(Box::new(Trespass));
    }

    fn trespass(&self, sql: &str) -> Option<&'static str> {
        let mut tokens: Vec<Token> = Vec::new();
        for token in self::tokens(sql, self.dialect) {
            match token.kind {
                TokenKind::Semicolon => {
                    if let Some(why) = self.statement(sql, &tokens) {
                        return Some(why);
                    }
                    tokens.clear();
                }
                _ if token.is_trivia() => {}
                _ => tokens.push(token),
            }
        }
        self.statement(sql, &tokens)
    }

    fn statement(&self, sql: &str, tokens: &[Token]) -> Option<&'static str> {
        let words = Words { sql, tokens };
        if self.dialect == Dialect::Sqlite {
            return self.on_sqlite(&words);
        }
        let transaction = Some("it ends or begins the transaction");
        match words.word(0).as_str() {
            "begin" | "start" | "commit" | "end" | "abort" => return transaction,
            "rollback" if !words.rolls_back_to() => return transaction,
            "prepare" | "execute" => return Some("it runs a statement that was prepared as text"),
            "discard" => return Some("it takes back the settings of the session"),
            "do" | "load" => return Some("it runs text that cannot be looked at"),
            "create" if words.has(&["function", "procedure"]) => {
                return Some("it makes a function");
            }
            "alter"
                if matches!(words.word(1).as_str(), "role" | "user" | "database" | "system") =>
            {
                return Some("it changes settings of later sessions");
            }
            "set" | "reset" if self.keeps(&words.setting()) => {
                return Some("it changes a setting that keeps tenants apart");
            }
            _ => {}
        }
        (0..tokens.len()).find_map(|at| self.at(&words, at))
    }

    /// One place of a statement: a call, or a name with another tenant's schema.
    fn at(&self, words: &Words<'_>, at: usize) -> Option<&'static str> {
        let token = words.tokens.get(at)?;
        if !matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
            return None;
        }
        let text = token.text(words.sql);
        if text.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("u&")) {
            return Some("it writes a name with escapes");
        }
        let name = words.word(at);
        match words.kind(at + 1) {
            Some(TokenKind::Open) => match name.as_str() {
                "set_config" if !self.sets_another(words, at + 2) => {
                    Some("it changes a setting that keeps tenants apart")
                }
                "ts_stat" | "ts_rewrite" | "crosstab" | "connectby" => {
                    Some("it runs text that cannot be looked at")
                }
                _ if name.contains("_to_xml") || name.starts_with("dblink") => {
                    Some("it runs text that cannot be looked at")
                }
                _ => None,
            },
            Some(TokenKind::Dot) if self.is_anothers(&name) && words.is_schema(at) => {
                Some("it names another schema")
            }
            _ => None,
        }
    }

    /// `set_config('app.user_id', …`: the name is there to be read, and it is none of ours.
    fn sets_another(&self, words: &Words<'_>, at: usize) -> bool {
        let literal = words.tokens.get(at).filter(|token| token.kind == TokenKind::Text);
        let name = literal.map(|token| token.text(words.sql).trim_matches('\''));
        let plain =
            |name: &&str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
        words.kind(at + 1) == Some(TokenKind::Comma)
            && name.filter(plain).is_some_and(|name| !self.keeps(&name.to_ascii_lowercase()))
    }

    /// A setting that says whose the session is.
    fn keeps(&self, setting: &str) -> bool {
        let schemas = matches!(self.tenancy, Tenancy::Schema(_));
        match setting {
            "app.tenant_id" | "app.system_reason" | "all" => true,
            "role" | "session_authorization" | "session authorization" => true,
            "search_path" | "schema" => schemas,
            _ => false,
        }
    }

    fn is_anothers(&self, name: &str) -> bool {
        let (Tenancy::Schema(pattern), Some(own)) = (&self.tenancy, &self.schema) else {
            return false;
        };
        let Some((before, after)) = pattern.split_once("{}") else { return false };
        name != own
            && !(before.is_empty() && after.is_empty())
            && name.len() > before.len() + after.len()
            && name.starts_with(before)
            && name.ends_with(after)
    }

    fn on_sqlite(&self, words: &Words<'_>) -> Option<&'static str> {
        match words.word(0).as_str() {
            "begin" | "commit" | "end" => Some("it ends or begins the transaction"),
            "rollback" if !words.rolls_back_to() => Some("it ends or begins the transaction"),
            "attach" | "detach" | "vacuum" => Some("it reaches for another file"),
            _ => None,
        }
    }
}

/// The tokens of one statement, without white space and comments.
struct Words<'t> {
    sql: &'t str,
    tokens: &'t [Token],
}

impl Words<'_> {
    fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|token| token.kind)
    }

    /// A name as the server reads it; empty where there is none.
    fn word(&self, at: usize) -> String {
        let Some(token) = self.tokens.get(at) else { return String::new() };
        let text = token.text(self.sql);
        match token.kind {
            TokenKind::Word => text.to_lowercase(),
            TokenKind::QuotedName => text.trim_matches('"').replace("\"\"", "\""),
            _ => String::new(),
        }
    }

    fn has(&self, words: &[&str]) -> bool {
        (0..self.tokens.len()).any(|at| words.contains(&self.word(at).as_str()))
    }

    /// The first part of a name is a schema: tables stand here, or no table or alias is called so.
    fn is_schema(&self, at: usize) -> bool {
        const BEFORE: [&str; 9] =
            ["from", "join", "into", "update", "only", "table", "using", "truncate", "copy"];
        let before = at.checked_sub(1);
        if before.is_some_and(|before| BEFORE.contains(&self.word(before).as_str())) {
            return true;
        }
        let name = self.word(at);
        let dot = Some(TokenKind::Dot);
        let alone = |at: usize| {
            self.word(at) == name
                && self.kind(at + 1) != dot
                && at.checked_sub(1).is_none_or(|before| self.kind(before) != dot)
        };
        !(0..self.tokens.len()).any(alone)
    }

    fn rolls_back_to(&self) -> bool {
        let skipped = usize::from(matches!(self.word(1).as_str(), "work" | "transaction"));
        self.word(1 + skipped) == "to"
    }

    /// `SET LOCAL app.tenant_id = …`, `RESET ROLE`: the setting's name.
    fn setting(&self) -> String {
        let at = match (self.word(1).as_str(), self.word(2).as_str()) {
            ("session", "authorization") => return "session authorization".to_owned(),
            ("local", _) | ("session", _) => 2,
            _ => 1,
        };
        let mut name = self.word(at).to_lowercase();
        let mut at = at + 1;
        while self.kind(at) == Some(TokenKind::Dot) {
            name = format!("{name}.{}", self.word(at + 1).to_lowercase());
            at += 2;
        }
        if name == "session" && self.word(at) == "authorization" {
            name.push_str(" authorization");
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::Confinement;
    use crate::app::Tenancy;
    use crate::model::Dialect;

    fn refused(tenancy: Tenancy, dialect: Dialect, sql: &str) -> bool {
        let schema = Some("tenant_a".to_owned());
        Confinement::new(dialect, tenancy, schema).trespass(sql).is_some()
    }

    #[test]
    fn what_leaves_the_tenant_is_not_sent() {
        for sql in [
            "SET app.tenant_id = 'b'",
            "select 1; set /* x */ local \"app\" . \"TENANT_ID\" to 'b'",
            "SET SESSION AUTHORIZATION x",
            "SET SESSION SESSION AUTHORIZATION x",
            "SET LOCAL ROLE other",
            "RESET ROLE",
            "RESET ALL",
            "RESET app.tenant_id",
            "DISCARD ALL",
            "SELECT set_config('app.tenant_id', 'b', true)",
            "SELECT pg_catalog.\"set_config\"('APP.tenant_id', 'b', true)",
            "SELECT set_config('app.' || 'tenant_id', 'b', true)",
            "SELECT set_config($1, $2, true) -- binds: [\"app.tenant_id\", \"b\"]",
            "SELECT set_config(E'app.tenant\\x5fid', 'b', true)",
            "SELECT U&\"set\\005fconfig\"('app.tenant_id', 'b', true)",
            "WITH x AS (SELECT set_config('role', 'b', true)) SELECT * FROM orders, x",
            "COMMIT",
            "ROLLBACK; BEGIN",
            "END",
            "ABORT",
            "START TRANSACTION",
            "PREPARE TRANSACTION 'x'",
            "PREPARE x AS SELECT 1",
            "DO $$ BEGIN PERFORM 1; END $$",
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER ROLE app SET app.tenant_id = 'b'",
            "SELECT query_to_xml('select set_' || 'config()', true, true, '')",
            "SELECT * FROM ts_stat('select 1')",
            "SELECT 1 -- binds: []\n; SET app.tenant_id = 'b'",
        ] {
            assert!(refused(Tenancy::Column, Dialect::Postgres, sql), "{sql}");
        }
    }

    #[test]
    fn what_stays_is_sent() {
        for sql in [
            "SELECT * FROM orders WHERE note = 'SET app.tenant_id = b; COMMIT'",
            "UPDATE orders SET role = 'x', app = 'y'",
            "SET LOCAL statement_timeout = 100",
            "SET CONSTRAINTS ALL DEFERRED",
            "SET search_path = other",
            "SELECT set_config('app.user_id', $1, true)",
            "SAVEPOINT s; ROLLBACK TO SAVEPOINT s; RELEASE s",
            "ROLLBACK WORK TO s",
            "CREATE TEMP TABLE t AS SELECT * FROM orders",
            "COPY orders TO STDOUT",
            "SELECT \"commit\", \"end\" FROM orders -- binds: [\"x; COMMIT\"]",
            "INSERT INTO orders (shop_id) VALUES ('b')",
        ] {
            assert!(!refused(Tenancy::Column, Dialect::Postgres, sql), "{sql}");
        }
    }

    #[test]
    fn another_tenants_schema_or_file_is_not_reached() {
        let schemas = || Tenancy::Schema("tenant_{}".to_owned());
        for (sql, wanted) in [
            ("SELECT * FROM tenant_b.orders", true),
            ("SELECT * FROM \"tenant_b\" . orders", true),
            ("SET search_path = tenant_b", true),
            ("SET SCHEMA 'tenant_b'", true),
            ("SELECT table_to_xml('tenant_b.orders', true, true, '')", true),
            ("SELECT * FROM tenant_a.orders, public.plans", false),
            ("SELECT * FROM plans, tenant_b.orders", true),
            ("SELECT * FROM tenant_b.orders AS tenant_b", true),
            // A table can have a name like a tenant's schema.
            ("SELECT \"tenant_users\".\"id\" FROM \"tenant_users\"", false),
            ("UPDATE tenant_users SET name = 'x' WHERE tenant_users.id = 1", false),
        ] {
            assert_eq!(refused(schemas(), Dialect::Postgres, sql), wanted, "{sql}");
        }
        let files = || Tenancy::Database("{}.db".to_owned());
        for (sql, wanted) in [
            ("ATTACH 'b.db' AS b", true),
            ("COMMIT; ATTACH 'b.db' AS b", true),
            ("VACUUM INTO 'b.db'", true),
            ("ROLLBACK TO s", false),
            ("SELECT 'ATTACH'", false),
        ] {
            assert_eq!(refused(files(), Dialect::Sqlite, sql), wanted, "{sql}");
        }
    }
}
