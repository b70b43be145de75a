// The pages of leads and admins. The server makes every part of them and escapes what came in from
// outside; this file asks for parts, puts them in their places, and sends forms.
"use strict";

window.goldloop = window.goldloop || {};

(() => {
  const gl = window.goldloop;
  const SAID_FOR = 6000;

  class Unreached extends Error {}

  // One call of a private handler: JSON text in, JSON text out.
  async function call(name, values) {
    const handler = window.gradio_config.dependencies.find((one) => one.api_name === name);
    let reply;
    try {
      reply = await fetch(`${location.pathname.replace(/\/+$/, "")}/gradio_api/run/predict`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ data: [JSON.stringify({ values })], fn_index: handler.id }),
      });
    } catch {
      throw new Unreached("The server cannot be reached. Try again.");
    }
    if (reply.status === 401 || reply.redirected) throw new Unreached("You are logged out. Log in again in another tab.");
    if (!reply.ok) throw new Unreached(`The server answered with an error (${reply.status}). Its log says more.`);
    const { data } = await reply.json();
    return JSON.parse(data[0]);
  }

  // [name, value] pairs as lists of texts by name.
  function listed(pairs) {
    const found = {};
    for (const [name, value] of pairs) (found[name] ||= []).push(String(value));
    return found;
  }

  const foldName = (fold) => fold.querySelector("summary")?.textContent;

  function sentence(words) {
    const told = words.charAt(0).toUpperCase() + words.slice(1);
    return /[.!?]$/.test(told) ? told : `${told}.`;
  }

  class Office {
    constructor(element) {
      this.root = element.querySelector("#goldloop-page");
      this.asked = 0;
      this.root.addEventListener("click", (event) => this.clicked(event));
      this.root.addEventListener("submit", (event) => this.submitted(event));
      this.root.addEventListener("change", (event) => this.changed(event));
      window.addEventListener("popstate", () => this.load());
    }

    find(id) {
      return this.root.querySelector(`#${CSS.escape(id)}`);
    }

    // --- going somewhere -----------------------------------------------------------------------

    go(search) {
      history.pushState(null, "", search || location.pathname);
      window.scrollTo(0, 0);
      return this.load();
    }

    // The same section with another choice: what was looked at stays in view.
    async choose(search) {
      const { scrollY } = window;
      history.pushState(null, "", search || location.pathname);
      await this.load();
      window.scrollTo(0, scrollY);
    }

    // Show the page of the address. A later call wins over one that is still under way.
    async load() {
      const turn = ++this.asked;
      const answer = await this.ask("show", listed(new URLSearchParams(location.search)));
      if (answer && turn === this.asked) this.show(answer);
      return answer;
    }

    async ask(name, values) {
      this.root.setAttribute("aria-busy", "true");
      try {
        return await call(name, values);
      } catch (error) {
        if (!(error instanceof Unreached)) throw error;
        this.say("", error.message);
        return null;
      } finally {
        this.root.removeAttribute("aria-busy");
      }
    }

    show(answer) {
      const focused = this.focusedOn();
      for (const [id, markup] of Object.entries(answer.parts || {})) this.put(id, markup);
      if (answer.title) document.title = answer.title;
      if (answer.task) this.find("ld-task")?.replaceChildren(gl.drawTask(answer.task, null));
      if (answer.rubric) this.find("ld-rubric")?.replaceChildren(...gl.drawRubric(answer.rubric));
      if (answer.error) this.refused(answer.error);
      else if (answer.said) this.say(answer.said, "");
      if (answer.focus) this.look(answer.focus);
      else this.refocus(focused);
    }

    // The server escaped everything in a part that is not its own.
    put(id, markup) {
      const place = this.find(id);
      if (!place) return;
      const open = this.unfolded(place);
      place.innerHTML = markup;
      for (const fold of place.querySelectorAll("details")) fold.open ||= open.has(foldName(fold));
      for (const time of place.querySelectorAll("time[datetime]")) {
        const at = new Date(time.dateTime);
        time.title = time.textContent;
        time.textContent = at.toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
      }
      this.arrange();
      place.querySelector(".ld-tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
      for (const time of place.querySelectorAll(".ld-time-box")) time.parentElement.scrollLeft = time.scrollWidth; // the latest first
    }

    // What was unfolded stays so when the same is drawn again with other figures.
    unfolded(place) {
      return new Set([...place.querySelectorAll("details[open]")].map(foldName));
    }

    look(id) {
      const place = this.find(id);
      place?.focus({ preventScroll: true });
      place?.scrollIntoView({ block: "nearest" });
    }

    // What has the focus, in words that find it again after a part was replaced.
    focusedOn() {
      const at = document.activeElement;
      if (!at || !this.root.contains(at)) return null;
      if (at.id) return `#${CSS.escape(at.id)}`;
      if (at.dataset.act) return `[data-act="${CSS.escape(at.dataset.act)}"]`;
      const href = at.getAttribute("href");
      return href ? `a[href="${CSS.escape(href)}"]` : null;
    }

    refocus(selector) {
      if (selector && document.activeElement === document.body) {
        (this.root.querySelector(selector) || this.root.querySelector("[aria-current][data-go]"))?.focus({ preventScroll: true });
      }
    }

    // --- what is said --------------------------------------------------------------------------

    say(said, wrong) {
      clearTimeout(this.saying);
      this.find("ld-said").textContent = said;
      this.find("ld-wrong").textContent = wrong;
      if (said) this.saying = setTimeout(() => this.say("", ""), SAID_FOR);
    }

    // The server said no: beside the control that it named, else at the foot of the page.
    refused(error) {
      const message = [error.message, error.hint].filter(Boolean).map(sentence).join(" ");
      const wrong = error.field && this.root.querySelector(`[data-wrong="${CSS.escape(error.field)}"]`);
      if (!wrong) {
        this.say("", error.field ? `${error.field}: ${message}` : message);
        return;
      }
      wrong.textContent = message;
      wrong.hidden = false;
      for (let fold = wrong.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
      const control = wrong.parentElement.querySelector("input, select, textarea");
      control?.setAttribute("aria-invalid", "true");
      control?.focus();
    }

    forgive(form) {
      this.say("", "");
      for (const wrong of form.querySelectorAll(".gl-wrong")) wrong.hidden = true;
      for (const control of form.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
    }

    // --- what people do ------------------------------------------------------------------------

    clicked(event) {
      const target = event.target.closest("[data-go], [data-act], [data-copy], [data-logout], [data-built]");
      if (!target) return;
      if (target.dataset.built !== undefined) {
        event.preventDefault();
        this.download(target.href);
        return;
      }
      if (target.dataset.copy !== undefined) this.copy(target);
      else if (target.dataset.logout !== undefined) this.logOut();
      else if (target.dataset.go !== undefined) {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.go(target.getAttribute("href"));
      } else if (target.type === "button") {
        const told = Object.entries(target.dataset).filter(([name]) => name.startsWith("told"));
        this.act(target.dataset.act, listed(told.map(([name, value]) => [name.slice(4).toLowerCase(), value])), target);
      }
    }

    submitted(event) {
      event.preventDefault();
      const form = event.target;
      if (form.dataset.choose !== undefined) return;
      this.forgive(form);
      const act = (event.submitter && event.submitter.dataset.act) || form.dataset.act;
      this.act(act, listed(new FormData(form)), event.submitter);
    }

    async act(name, values, button) {
      if (this.root.hasAttribute("aria-busy")) return;
      button?.setAttribute("aria-disabled", "true");
      const answer = await this.ask(name, values);
      button?.removeAttribute("aria-disabled");
      if (!answer) return;
      if (answer.go === undefined) return this.show(answer);
      if (answer.go) await this.go(answer.go);
      else await this.load();
      for (const [id, markup] of Object.entries(answer.then || {})) {
        this.put(id, markup);
        this.look(id);
      }
      if (answer.said) this.say(answer.said, "");
    }

    // A choice becomes the address; another queue forgets what was chosen of the last one.
    changed(event) {
      const form = event.target.form;
      if (!form) return;
      if (form.dataset.choose === undefined) return this.arrange();
      const { name, value } = event.target;
      const now = new URLSearchParams(location.search);
      if (name === "queue") {
        for (const key of [...now.keys()]) if (key !== "section") now.delete(key);
        if (!value) now.delete("section");
      }
      if (value) now.set(name, value);
      else now.delete(name);
      const search = now.size ? `?${now}` : "";
      return name === "queue" ? this.go(search) : this.choose(search);
    }

    // Show what belongs to what is chosen: data-when="name=one,two", data-unless the other way.
    arrange() {
      for (const part of this.root.querySelectorAll("[data-when], [data-unless]")) {
        const [name, values] = (part.dataset.when || part.dataset.unless).split("=");
        const form = part.closest("form");
        const given = [...form.elements].find((one) =>
          one.name === name && !one.matches(":disabled") && (!["radio", "checkbox"].includes(one.type) || one.checked));
        const holds = Boolean(given) && values.split(",").includes(given.value);
        const there = part.dataset.when ? holds : !holds;
        part.hidden = part.disabled = !there;
      }
    }

    async copy(button) {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "Copied";
      } catch {
        this.say("", "The browser does not let this page copy. Select the text instead.");
      }
    }

    // What is built before it is sent can be refused: fetched here, so that the page can say why.
    async download(address) {
      this.say("", "");
      const reply = await fetch(address).catch(() => null);
      if (!reply) return this.say("", "The server cannot be reached. Try again.");
      if (!reply.ok) return this.refused((await reply.json()).error);
      const named = /filename="([^"]+)"/.exec(reply.headers.get("content-disposition") || "");
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await reply.blob());
      link.download = named ? named[1] : "export.zip";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    }

    async logOut() {
      await fetch("/logout", { method: "POST" }).catch(() => null);
      location.assign("/login");
    }
  }

  gl.mountOffice = (element) => {
    const office = new Office(element);
    office.load();
    return office;
  };
})();
