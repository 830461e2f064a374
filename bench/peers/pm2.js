// Starts programs through pm2's own module and says when each has ended. Reads lines: "run PROGRAM WORD…" answers "ended
// STATUS", "plant NAME PROGRAM WORD…" answers "planted", "fell", which ends
// what is named tree, answers "felled". Arguments: the module, the directory of logs.
"use strict";
const [, , modulePath, directory] = process.argv;
const pm2 = require(modulePath);
const lines = require("readline").createInterface({ input: process.stdin });
const say = (text) => process.stdout.write(text + "\n");
const fail = (error) => say("failed " + (error.message || JSON.stringify(error)));

// What is started again under its name is started as it was the first time, so the words are in the name.
const jobName = (words) => ["job", words[0].split("/").pop(), ...words.slice(1)].join("-");

const application = (name, words) => ({
  name,
  script: words[0],
  args: words.slice(1),
  interpreter: "none",
  exec_mode: "fork",
  autorestart: false,
  out_file: directory + "/" + name + ".out",
  error_file: "/dev/null",
});

const answers = {
  run: (words) => pm2.start(application(jobName(words), words), (error) => error && fail(error)),
  plant: ([name, ...words]) => pm2.start(application(name, words), (error) => (error ? fail(error) : say("planted"))),
  fell: () => pm2.delete("tree", (error) => (error ? fail(error) : say("felled"))),
};

pm2.connect(false, (error) => {
  if (error) return fail(error);
  pm2.launchBus((problem, bus) => {
    if (problem) return fail(problem);
    bus.on("process:event", (event) => {
      if (event.event === "exit" && event.process.name.startsWith("job-")) say("ended " + event.process.exit_code);
    });
    lines.on("line", (line) => {
      const [verb, ...words] = line.split(" ");
      answers[verb](words);
    });
    lines.on("close", () => pm2.killDaemon(() => process.exit(0)));
    say("ready");
  });
});
