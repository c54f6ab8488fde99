/** The HTTP interface of the review. Addresses are relative: below a signed link, or a local server. */

const PATIENCE_MS = 30_000;
const WAITS_MS = [300, 1_000, 2_500]; // before a question is asked again; decisions wait in saving.js
const KEEPALIVE_BYTES = 60_000; // browsers send at most 64 KiB when a page goes

export class Fault extends Error {
  /**
   * @param {string} message for people.
   * @param {string} code the backend's: "expired", "not_found", "bad_request"; "unreachable" here.
   * @param {boolean} retry whether the same request may succeed later.
   */
  constructor(message, code, retry) {
    super(message);
    this.code = code;
    this.retry = retry;
  }
}

export class Backend {
  /**
   * @param {string} base an address that ends with a slash.
   * @param {typeof fetch} fetch
   * @param {(ms: number) => Promise<void>} pause
   */
  constructor(base, fetch, pause) {
    Object.assign(this, { base, fetch, pause });
  }

  /** A page of items. @param {string|null} after the cursor of the page before. */
  items(after) {
    return this.#read(after === null ? "items" : `items?after=${encodeURIComponent(after)}`);
  }

  async save(corrections) {
    return (await this.#ask("corrections", { corrections })).results;
  }

  /** The id that a typed name gets, and the name as it is kept. */
  character(name) {
    return this.#read(`character?name=${encodeURIComponent(name)}`);
  }

  groups(threshold) {
    return this.#read(`groups?threshold=${threshold}`);
  }

  done() {
    return this.#ask("done", {});
  }

  /** Asks again where that may help: busy functions answer the next time. */
  async #read(path) {
    for (const wait of WAITS_MS) {
      try {
        return await this.#ask(path);
      } catch (fault) {
        if (!fault.retry) throw fault;
        await this.pause(wait);
      }
    }
    return this.#ask(path);
  }

  async #ask(path, body) {
    const answer = await this.#fetched(path, body);
    const content = await answer.json().catch(() => null);
    if (answer.ok && content !== null) return content;
    const retry = answer.ok || answer.status >= 500 || [408, 425, 429].includes(answer.status);
    const message = content?.error ?? `the server answered ${answer.status}`;
    throw new Fault(message, content?.code ?? (answer.status === 404 ? "not_found" : ""), retry);
  }

  async #fetched(path, body) {
    const request = { signal: AbortSignal.timeout(PATIENCE_MS), credentials: "same-origin" };
    if (body !== undefined) {
      request.method = "POST";
      request.headers = { "Content-Type": "application/json" };
      request.body = JSON.stringify(body);
      request.keepalive = request.body.length < KEEPALIVE_BYTES / 4; // letters of up to 4 bytes
    }
    try {
      return await this.fetch(new URL(path, this.base), request);
    } catch {
      throw new Fault("the server cannot be reached", "unreachable", true);
    }
  }
}
