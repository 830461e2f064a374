// Every command in one list, with the examples of its help.
#include "cli/declare.h"

namespace coppice::cli {
namespace {

constexpr char kRunExamples[] =
    "The job gets this terminal, directory, environment and umask, and ends with this command. Ctrl-C stops\n"
    "it politely, a second Ctrl-C kills it, and in the end nothing of its process tree is left. With no\n"
    "daemon running, one is started for you; it ends when it has been idle. --output and --error send a stream\n"
    "elsewhere than here.\n\n"
    "Exit code: the command's own; 128+n for signal n (137 killed, 143 stopped); 124 out of time; 125 the job\n"
    "could not be started, or the daemon was lost; 126 the program cannot be executed; 127 there is no such\n"
    "program; 2 wrong options.\n\n"
    "Examples:\n"
    "  coppice run -- make -j4 test\n"
    "  coppice run --name db --dir /srv/db --env PGPORT=5433 -- postgres -D data\n"
    "  coppice run --clear-env --env PATH --rlimit core=0 -- ./untrusted\n"
    "  coppice run --timeout 10m --silence 2m -- make test\n"
    "  tar c . | coppice run -- gzip > all.tar.gz\n"
    "  sudo coppice run --root /srv/image --user build -- make\n"
    "  coppice run -- journalctl -o cat : grep -i error : sort\n"
    "  coppice run --file build.toml --env-file secrets.env\n"
    "  coppice run --tty -- vi notes         a terminal of its own: Ctrl-C is a key like others, and the polite\n"
    "                                        signal is SIGHUP; to leave it running use coppice start --tty\n";

constexpr char kStartExamples[] =
    "Answers once the program has been executed, with the job's id. Its output goes to a log if --output is left\n"
    "out, and its errors to the same place as its output if --error is.\n\n"
    "Examples:\n"
    "  id=$(coppice start -- ./server --port 8080)\n"
    "  coppice start --name build --label branch=main -- make\n"
    "  coppice start --output ./nightly.log --append -- ./nightly\n"
    "  coppice start --name db --restart on-failure -- ./server\n"
    "  coppice start --until-exit-of $$ -- ./server          # not longer than this shell\n"
    "  coppice logs -f build\n"
    "  coppice start --name sum --stdin -- sha256sum; coppice write --close sum < file\n"
    "  coppice start --tty --name shell -- bash && coppice attach shell\n";

constexpr char kShowExamples[] =
    "Takes what run and start take, and prints the job as a job file with every default spelled out; --json prints\n"
    "the JobSpec of the API, with the whole environment.\n\n"
    "A job file has the fields of JobSpec (varlinkctl introspect, or docs/job-files.md):\n"
    "  commands = [{argv = [\"make\", \"-j4\"]}]\n"
    "  workingDirectory = \"src\"            # relative paths start from the file's directory\n"
    "  environment = {LANG = \"C\"}          # besides the caller's; inheritEnvironment = false for none of those\n"
    "  limits = {wallTime = \"10m\", memoryMax = \"2G\"}\n\n"
    "Examples:\n"
    "  coppice show --file build.toml\n"
    "  coppice show --json --file build.toml -- make test\n";

constexpr char kAttachExamples[] =
    "Connects this terminal to that of a job which was started with --tty, and shows its screen first. Many may\n"
    "look, one has the keyboard: the first who came, or who takes it. The detach keys leave the job running;\n"
    "Ctrl-C and Ctrl-Z go to the job. When the job ends, exits as it did, see coppice run --help.\n\n"
    "Examples:\n"
    "  coppice attach shell\n"
    "  coppice attach --take shell\n"
    "  coppice attach --read-only shell\n"
    "  coppice attach --detach-keys ctrl-],d shell\n";

constexpr char kPsExamples[] =
    "Examples:\n"
    "  coppice ps\n"
    "  coppice ps -a --slice ci --label branch=main\n"
    "  coppice ps --json | jq -r .id\n";

constexpr char kHistoryExamples[] =
    "Jobs that have ended, the latest first. They are known until coppice rm, or until the daemon forgets them by age,\n"
    "count or size (coppiced --help).\n\n"
    "Examples:\n"
    "  coppice history --name nightly\n"
    "  coppice history --slice ci --outcome failed --outcome timed_out --since 7d\n"
    "  coppice history --since 2024-05-01 --before 2024-06-01 --limit 1000 --json | jq -r .result.outcome\n";

constexpr char kStatusExamples[] =
    "A job is named by its id, the beginning of its id, or its name.\n\n"
    "Examples:\n"
    "  coppice status build\n"
    "  coppice status --json 01J9ZQ | jq .result\n";

constexpr char kWaitExamples[] =
    "A job has ended when none of its processes is left and its output is complete. Exits as the command\n"
    "did, see coppice run --help; of several jobs, as the first one that did not succeed.\n\n"
    "Examples:\n"
    "  coppice wait build && echo fine\n"
    "  coppice wait --timeout 5m build || coppice kill build\n";

constexpr char kLogsExamples[] =
    "Examples:\n"
    "  coppice logs build\n"
    "  coppice logs -f build\n"
    "  coppice logs -f --tail 20 --timestamps build\n"
    "  coppice logs --since 10m --error build\n"
    "  coppice logs --offset -4096 build\n";

constexpr char kWriteExamples[] =
    "Passes its standard input on to a job that was started with --stdin, and answers when the job's pipe has\n"
    "taken it. Ends early, with success, when the job reads no more.\n\n"
    "Examples:\n"
    "  coppice start --name db --stdin -- sqlite3 test.db\n"
    "  echo 'select 1;' | coppice write db\n"
    "  coppice write --close db < schema.sql\n";

constexpr char kStopExamples[] =
    "Sends the polite signal, waits for the grace period, then kills the whole tree. Answers when it is gone.\n\n"
    "Examples:\n"
    "  coppice stop build\n"
    "  coppice stop --grace 30s --signal INT db\n"
    "  coppice stop --slice ci\n";

constexpr char kKillExamples[] =
    "Freezes the tree, lists it, kills it, and answers when none of it is alive: processes that made\n"
    "themselves daemons, ignore signals or fork on included.\n\n"
    "Examples:\n"
    "  coppice kill build\n"
    "  coppice kill --slice ci/build-42\n";

constexpr char kSignalExamples[] =
    "Examples:\n"
    "  coppice signal HUP db\n"
    "  coppice signal --all USR1 build test\n";

constexpr char kFreezeExamples[] =
    "A frozen tree gets no CPU time until coppice thaw; it can still be killed.\n\n"
    "Examples:\n"
    "  coppice freeze build\n"
    "  coppice freeze --slice ci\n";

constexpr char kThawExamples[] =
    "Examples:\n"
    "  coppice thaw build\n"
    "  coppice thaw --slice ci\n";

constexpr char kRenewExamples[] =
    "A job that was started with --lease is stopped unless its lease is renewed in time; each renewal starts it anew.\n\n"
    "Examples:\n"
    "  coppice start --name db --lease 1m -- postgres -D data\n"
    "  while check; do coppice renew -q db; sleep 20; done\n";

constexpr char kTreeExamples[] =
    "Examples:\n"
    "  coppice tree build\n"
    "  coppice tree --json build | jq '.processes[].pid'\n";

constexpr char kEventsExamples[] =
    "Goes on until Ctrl-C.\n\n"
    "Examples:\n"
    "  coppice events\n"
    "  coppice events --slice ci --json | jq -r .event\n";

constexpr char kRmExamples[] =
    "Forgets jobs that have ended, and their logs.\n\n"
    "Examples:\n"
    "  coppice rm build\n"
    "  coppice rm --older-than 7d\n";

constexpr char kSliceExamples[] =
    "A slice is a group of jobs, named by a path: what is in ci/build-42 is in ci, too. With a bound it is a queue:\n"
    "at most so many of its jobs run at once, the others wait, the highest --priority first, then the one that\n"
    "came first. A lower bound lets those that run go on. Bounds are kept when the daemon ends and is started again.\n"
    "'' is the slice of all jobs. Limits hold for all of its jobs together, and --memory-max unlimited lifts one.\n\n"
    "Examples:\n"
    "  coppice slice set ci --jobs 4\n"
    "  for n in $(seq 50); do coppice start --slice ci -- ./check $n; done\n"
    "  coppice slice list\n"
    "  coppice slice set ci --memory-max 8G --cpu-max 2\n"
    "  coppice slice set ci --jobs unlimited\n";

constexpr char kLimitExamples[] =
    "Changes limits of jobs that run, at once; unlimited lifts one. What is not named stays. Those of memory, CPU, io and\n"
    "processes need the kernel's controllers: coppice explain tells which work here.\n\n"
    "Examples:\n"
    "  coppice limit build --memory-max 4G --cpu-max 2\n"
    "  coppice limit build --cpu-max unlimited --timeout 2h\n";

constexpr char kTopExamples[] =
    "CPU% is of one CPU: four busy ones are 400. A figure that nobody measures here is -, and coppice explain tells why.\n"
    "On a terminal it goes on until q, and other keys sort; elsewhere it prints one picture.\n\n"
    "Examples:\n"
    "  coppice top\n"
    "  coppice top --tree --sort memory\n"
    "  coppice top --once --slice ci\n"
    "  coppice top --json | jq -r '[.cpuPercent, .job.id] | @tsv'\n";

constexpr char kExplainExamples[] =
    "Tells which limits, figures and guarantees this host can keep, and for each that it cannot what is in the way and who\n"
    "must do what. With no daemon running one is started, which finds out.\n\n"
    "Examples:\n"
    "  coppice explain\n"
    "  coppice explain --json | jq 'select(.state == \"missing\")'\n";

constexpr char kDaemonExamples[] =
    "upgrade lets the programs that are installed now take over from those that run. Jobs go on, and so do clients, after\n"
    "a pause. It is refused, and nothing changes, if the new ones cannot go on with what is there.\n"
    "reload makes the daemon read coppiced.toml again, and tells what has changed and what waits for its next start. With\n"
    "a mistake in it nothing changes, and every mistake is told.\n\n"
    "Examples:\n"
    "  coppice daemon upgrade\n"
    "  coppice daemon reload\n";

}  // namespace

const std::vector<Declaration>& declarations() {
  static const std::vector<Declaration> list = {
      {"run", "-- COMMAND [ARGUMENT]... [: COMMAND [ARGUMENT]...]...",
       "run a command in the foreground, as a job", kRunExamples,
       declare_run},
      {"start", "-- COMMAND [ARGUMENT]... [: COMMAND [ARGUMENT]...]...",
       "start a job in the background and print its id",
       kStartExamples, declare_start},
      {"show", "[--file FILE] [-- COMMAND [ARGUMENT]...]", "tell what run and start would make, without a daemon",
       kShowExamples, declare_show},
      {"attach", "JOB", "connect this terminal to that of a job", kAttachExamples, declare_attach},
      {"ps", "", "list jobs", kPsExamples, declare_ps},
      {"history", "", "list jobs that have ended", kHistoryExamples, declare_history},
      {"status", "JOB...", "tell all about jobs", kStatusExamples, declare_status},
      {"tree", "JOB...", "draw the process trees of jobs", kTreeExamples, declare_tree},
      {"logs", "JOB", "print what a job wrote", kLogsExamples, declare_logs},
      {"write", "JOB", "write to the standard input of a job", kWriteExamples, declare_write},
      {"wait", "JOB...", "wait until jobs have ended, and exit as they did", kWaitExamples,
       declare_wait},
      {"stop", "JOB... | --slice SLICE", "ask jobs to end; kill them after a grace period",
       kStopExamples, declare_stop},
      {"kill", "JOB... | --slice SLICE", "kill jobs with everything they started", kKillExamples,
       declare_kill},
      {"signal", "SIGNAL JOB...", "send a signal to jobs", kSignalExamples, declare_signal},
      {"freeze", "JOB... | --slice SLICE", "halt every process of jobs", kFreezeExamples,
       declare_freeze},
      {"thaw", "JOB... | --slice SLICE", "let frozen jobs go on", kThawExamples, declare_thaw},
      {"renew", "JOB...", "start the lease of jobs anew", kRenewExamples, declare_renew},
      {"events", "", "print what happens to jobs, as it happens", kEventsExamples, declare_events},
      {"rm", "JOB... | --all | --older-than DURATION", "forget ended jobs and their logs", kRmExamples,
       declare_rm},
      {"limit", "JOB...", "change the limits of jobs that run", kLimitExamples, declare_limit},
      {"top", "", "watch what jobs use", kTopExamples, declare_top},
      {"explain", "", "tell what this host can enforce, and why not more", kExplainExamples, declare_explain},
      {"slice", "set SLICE OPTIONS | list [SLICE]", "bound what the jobs of a slice run and use together", kSliceExamples,
       declare_slice},
      {"daemon", "upgrade | reload", "let the installed version take over, or read the settings again", kDaemonExamples,
       declare_daemon},
      {"__complete", "live-jobs|jobs|ended-jobs|slices|signals|outcomes [-- BEGINNING]", "what a shell may complete a word to",
       "", declare_complete},
  };
  return list;
}

}  // namespace coppice::cli
