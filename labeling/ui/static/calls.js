// One call of a private handler of the page: JSON text in, JSON text out.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;

  const base = () => location.pathname.replace(/\/+$/, "");

  gl.Unreached = class extends Error {};

  gl.call = async (name, told = {}, options = {}) => {
    const handler = window.gradio_config.dependencies.find((one) => one.api_name === name);
    let reply;
    try {
      reply = await fetch(`${base()}/gradio_api/run/predict`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ data: [JSON.stringify(told)], fn_index: handler.id }),
        signal: AbortSignal.timeout(30_000),
        ...options,
      });
    } catch {
      throw new gl.Unreached("The server cannot be reached.");
    }
    if (reply.status === 401 || reply.redirected) throw new gl.Unreached("You are logged out. Log in again in another tab.");
    if (!reply.ok) throw new gl.Unreached(`The server answered with an error (${reply.status}).`);
    const { data } = await reply.json();
    return JSON.parse(data[0]);
  };

  // The next piece of a long text; null when it cannot be had, said by whoever asked.
  gl.readMore = async (assignment, part, offset) => {
    const next = await gl.call("more", { assignment, part, offset }).catch(() => null);
    return !next || next.state === "error" ? null : next;
  };
})();
