//! The README's tour does what it says.

use crate::support::{Project, Transcript};

#[test]
fn the_tour_runs() {
    let readme = include_str!("../../README.md");
    let tour = readme.split("<!-- tour").nth(1).unwrap().split("\n## ").next().unwrap();
    let project = Project::empty();
    for block in tour.split("```").skip(1).step_by(2) {
        if let Some(text) = block.strip_prefix("console\n") {
            Transcript::parse(text).run(&project, &[]);
        } else if let Some(text) = block.strip_prefix("rust\n") {
            project.write("src/schema.rs", text);
        }
    }
}

#[test]
fn every_command_of_the_readme_exists_and_explains_itself() {
    let readme = include_str!("../../README.md");
    let table = readme.split("## Commands").nth(1).unwrap().split("\n## ").next().unwrap();
    let project = Project::empty();
    let mut commands = 0;
    for cell in table.lines().filter_map(|line| line.strip_prefix("| `")) {
        let names = cell.split('|').next().unwrap();
        for name in
            names.split('`').filter(|part| !part.trim().is_empty() && !part.starts_with(','))
        {
            let name = name.split(' ').next().unwrap();
            let help = project.dbkit(["help", name]).run().success();
            assert!(help.stdout.contains("Example"), "{help}");
            commands += 1;
        }
    }
    assert!(commands > 10);
}
