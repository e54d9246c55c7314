// winrm-client does what a job on stdin says; each step is a shell of its own. Prints JSON like frame.py.
"use strict";

const fs = require("node:fs");
const winrm = require("winrm-client");

async function step(job, one) {
  const where = [job.host, job.user, job.password, job.port];
  if (one.script !== undefined) {
    return winrm.runPowershell(one.script, ...where, job.https, true);
  }
  if (one.prompts !== undefined) {
    const prompts = one.prompts.map(({ pattern, response }) => ({
      pattern: new RegExp(pattern),
      response,
    }));
    const times = [15000, 10000, 50];
    return winrm.runInteractiveCommand(one.command, ...where, prompts, ...times, job.https, true);
  }
  return winrm.runCommand(one.command, ...where, false, job.https, true);
}

async function main() {
  const job = JSON.parse(fs.readFileSync(0, "utf8"));
  const done = [];
  try {
    for (const one of job.steps) {
      done.push(await step(job, one));
    }
  } catch (error) {
    return { error: { type: error.code || error.constructor.name, told: error.message } };
  }
  return { done };
}

// After a refusal the client leaves its answer unread, which would keep this process up.
main().then((result) => process.stdout.write(JSON.stringify(result), () => process.exit(0)));
