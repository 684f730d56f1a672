//! `xero-pbit schedule`: print what a scheduler needs for the daily refresh.

use std::io::Write;
use std::path::PathBuf;

use super::{Failure, Global};
use crate::xero::words::typed;

/// Print a schedule for the daily refresh.
///
/// Prints the file or line; putting it in place is yours, for it needs no more rights than you have.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  xero-pbit schedule print cron --organisation acme --out /srv/xero/acme\n  xero-pbit schedule print task-scheduler --organisation acme --out C:\\Xero\\acme > xero.xml"
)]
pub struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Debug)]
enum Action {
    /// Print the file or line for a scheduler
    Print(Print),
}

#[derive(clap::Args, Debug)]
struct Print {
    /// For which scheduler
    #[arg(value_enum)]
    kind: Kind,
    /// Nickname of the organisation; all when absent
    #[arg(long, value_name = "NICKNAME")]
    organisation: Option<String>,
    /// Folder for the pages
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Time of day, 24 hours
    #[arg(long, value_name = "HH:MM", default_value = "05:30", value_parser = parse_time)]
    at: (u8, u8),
    /// Also make tables for the `folder` source, in this folder
    #[arg(long, value_name = "DIR")]
    tables: Option<PathBuf>,
}

#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A line for crontab.
    Cron,
    /// A systemd user service and timer.
    Systemd,
    /// XML for Windows Task Scheduler.
    TaskScheduler,
    /// A GitHub Actions workflow.
    GithubActions,
}

fn parse_time(text: &str) -> Result<(u8, u8), String> {
    let bad = || format!("expected a time such as 05:30, found `{text}`");
    let (hour, minute) = text.split_once(':').ok_or_else(bad)?;
    match (hour.parse(), minute.parse()) {
        (Ok(hour @ 0..=23), Ok(minute @ 0..=59)) => Ok((hour, minute)),
        _ => Err(bad()),
    }
}

pub(super) fn run(args: Args, _global: &Global) -> Result<u8, Failure> {
    let Action::Print(mut print) = args.action;
    // Schedulers start in a folder of their own. A path for another system stays as it is.
    let here = match print.kind {
        Kind::Cron | Kind::Systemd => true,
        Kind::TaskScheduler => cfg!(windows),
        Kind::GithubActions => false,
    };
    for folder in [Some(&mut print.out), print.tables.as_mut()].into_iter().flatten().filter(|_| here) {
        *folder = std::path::absolute(&*folder).unwrap_or_else(|_| folder.clone());
    }
    let home = std::env::var("XERO_PBIT_HOME").ok().filter(|home| !home.is_empty());
    let program = std::env::current_exe().map_or_else(|_| "xero-pbit".to_owned(), |path| path.display().to_string());
    let text = match print.kind {
        Kind::Cron => cron(&print, &program, home.as_deref()),
        Kind::Systemd => systemd(&print, &program, home.as_deref()),
        Kind::TaskScheduler => task_scheduler(&print, &program),
        Kind::GithubActions => github_actions(&print),
    };
    // A closed pipe is the reader's choice.
    let _ = write!(std::io::stdout(), "{text}");
    Ok(0)
}

/// Arguments of the pull, quoted by `quote`.
fn pull(print: &Print, quote: fn(&str) -> String) -> String {
    let who = print.organisation.as_ref().map_or_else(|| "--all".to_owned(), |name| format!("--organisation {}", quote(name)));
    format!("pull --quiet {who} --out {}", quote(&print.out.display().to_string()))
}

fn tables(print: &Print, quote: fn(&str) -> String) -> Option<String> {
    let tables = print.tables.as_ref()?;
    Some(format!(
        "refresh-tables --quiet --source folder --company {} --out {} --format parquet",
        quote(&print.out.display().to_string()),
        quote(&tables.display().to_string())
    ))
}

/// A YAML scalar that may hold anything: JSON strings are YAML.
fn yaml(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn windows(text: &str) -> String {
    format!("\"{}\"", text.trim_end_matches('\\'))
}

fn systemd_word(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%").replace('$', "$$"))
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn cron(print: &Print, program: &str, home: Option<&str>) -> String {
    let program = typed(program);
    // Tables are made whatever became of the pull: they say in Alerts what it could not get.
    let then = tables(print, typed).map_or_else(String::new, |t| format!("; {program} {t}"));
    let home = home.map_or_else(String::new, |home| format!("export XERO_PBIT_HOME={}; ", typed(home)));
    // A bare % means a line end to cron.
    let line = format!("{home}{program} {}{then}; {program} status --quiet", pull(print, typed)).replace('%', "\\%");
    format!(
        "# crontab -e: cron mails what is printed: nothing on a good day, what needs attention on others\n{} {} * * * {line}\n",
        print.at.1, print.at.0
    )
}

fn systemd(print: &Print, program: &str, home: Option<&str>) -> String {
    let program = systemd_word(program);
    let then = tables(print, systemd_word).map_or_else(String::new, |t| format!("ExecStart=-{program} {t}\n"));
    let home = home.map_or_else(String::new, |home| format!("Environment={}\n", systemd_word(&format!("XERO_PBIT_HOME={home}"))));
    format!(
        "# ~/.config/systemd/user/xero-pbit.service\n[Unit]\nDescription=Download Xero books\n\n[Service]\nType=oneshot\n{home}ExecStart=-{program} {}\n{then}\
         # fails when something needs attention: systemctl --user status xero-pbit\nExecStart={program} status --quiet\n\n\
         # ~/.config/systemd/user/xero-pbit.timer   (systemctl --user enable --now xero-pbit.timer)\n[Unit]\nDescription=Download Xero books every day\n\n\
         [Timer]\nOnCalendar=*-*-* {:02}:{:02}:00\nRandomizedDelaySec=15min\nPersistent=true\n\n[Install]\nWantedBy=timers.target\n",
        pull(print, systemd_word),
        print.at.0,
        print.at.1
    )
}

fn task_scheduler(print: &Print, program: &str) -> String {
    let action =
        |arguments: &str| format!("    <Exec><Command>{}</Command><Arguments>{}</Arguments></Exec>\n", xml(program), xml(arguments));
    let then = tables(print, windows).map_or_else(String::new, |t| action(&t));
    format!(
        "<?xml version=\"1.0\"?>\n<!-- schtasks /create /tn xero-pbit /xml xero.xml -->\n\
         <Task version=\"1.2\" xmlns=\"http://schemas.microsoft.com/windows/2004/02/mit/task\">\n  <RegistrationInfo><Description>Download Xero books</Description></RegistrationInfo>\n\
         \x20 <Triggers>\n    <CalendarTrigger><StartBoundary>2026-01-01T{:02}:{:02}:00</StartBoundary><ScheduleByDay><DaysInterval>1</DaysInterval></ScheduleByDay></CalendarTrigger>\n  </Triggers>\n\
         \x20 <Settings><StartWhenAvailable>true</StartWhenAvailable><RunOnlyIfNetworkAvailable>true</RunOnlyIfNetworkAvailable></Settings>\n  <Actions>\n{}{then}  </Actions>\n</Task>\n",
        print.at.0,
        print.at.1,
        action(&pull(print, windows))
    )
}

fn github_actions(print: &Print) -> String {
    let out = print.out.display().to_string();
    let name = typed(print.organisation.as_deref().unwrap_or("default"));
    let run = |command: String| format!("      - run: {}\n", yaml(&command));
    let login = run(format!("xero-pbit login {name} --client-credentials"));
    let fetch = run(format!("xero-pbit pull --organisation {name} --out {}", typed(&out)));
    let then = tables(print, typed).map_or_else(String::new, |t| run(format!("xero-pbit {t}")));
    let kept = print.tables.as_ref().map_or(out.clone(), |folder| folder.display().to_string());
    format!(
        "# .github/workflows/xero.yml, in a private repository: the books are cached and kept as an artifact.\n\
         # A custom connection (client credentials), for it needs no browser; its two secrets live in the repository's settings.\n\
         name: Xero\non:\n  schedule:\n    - cron: '{} {} * * *'   # UTC\n  workflow_dispatch:\njobs:\n  pull:\n    runs-on: ubuntu-latest\n    env:\n\
         \x20     XERO_PBIT_CLIENT_ID: ${{{{ secrets.XERO_CLIENT_ID }}}}\n      XERO_PBIT_CLIENT_SECRET: ${{{{ secrets.XERO_CLIENT_SECRET }}}}\n    steps:\n\
         \x20     - uses: actions/checkout@v4\n      - uses: actions/cache@v4\n        with:\n          path: {}\n          key: xero-${{{{ github.run_id }}}}\n          restore-keys: xero-\n\
         \x20     # in a checkout of xero-pbit; elsewhere put a built program into the path\n      - run: cargo install --locked --path .\n{login}{fetch}{then}\
         \x20     - uses: actions/upload-artifact@v4\n        with:\n          name: xero\n          path: {}\n          retention-days: 3\n",
        print.at.1,
        print.at.0,
        yaml(&out),
        yaml(&kept),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_blanks_and_signs_are_quoted() {
        let print = Print {
            kind: Kind::Cron,
            organisation: Some("O'Neil & Co".to_owned()),
            out: "/srv/my books".into(),
            at: (5, 30),
            tables: None,
        };
        let line = cron(&print, "xero-pbit", Some("/srv/my home"));
        assert!(line.contains("--organisation 'O'\\''Neil & Co' --out '/srv/my books'"), "{line}");
        assert!(line.contains("\n30 5 * * * export XERO_PBIT_HOME='/srv/my home'; xero-pbit pull "), "{line}");
        assert!(task_scheduler(&print, "xero-pbit").contains("&quot;O'Neil &amp; Co&quot;"));
    }
}
