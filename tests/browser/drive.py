"""drive — Debian's chromium and firefox-esr, headless, as objects of one interface.

Chromium is driven through a pipe (DevTools protocol over its descriptors 3 and 4), firefox through Marionette (TCP on
the loopback interface, a free port that firefox chooses). Each has a profile of its own below the given folder, and
is ended by its process id. A call that has no answer after WAIT seconds raises Failed.

    open(url)            loads the page; returns when its load event is over
    evaluate(code)       value of a JavaScript expression in the page, which may be a promise
    view(width, dark, print=False)      width of the viewport, colour scheme, medium
    scripts(on)          whether the scripts of the next page run
    press(key)           a key of KEYS, or a character
    errors()             errors, warnings and requests since the last open()
    picture(file)        screenshot of the whole page, or of its begin if it is very high
"""
import base64
import fcntl
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import time

WAIT = 120
KEYS = {"Tab": ("\t", "\ue004", 9), "Enter": ("\r", "\ue007", 13), "Space": (" ", " ", 32)}
HEIGHT = {360: 740, 1440: 900}
TALLEST = 6000


class Failed(Exception):
    """The browser ended, did not answer or answered with an error."""


class Browser:
    process = None

    def start(self, words, folder, log, **how):
        home = os.path.join(folder, "home")
        os.makedirs(home, exist_ok=True)
        environment = {**os.environ, "HOME": home, "XDG_RUNTIME_DIR": home, "XDG_CONFIG_HOME": home, "TMPDIR": folder}
        with open(log, "wb") as out:
            self.process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, start_new_session=True, **how)

    def end(self):
        """Ends the browser and the processes that it started, which are all in its own session."""
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.quit()
        self.end()


class Chromium(Browser):
    name = "chromium"

    def __init__(self, folder):
        to_read, self.to = os.pipe()
        self.come, to_write = os.pipe()
        given = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (to_read, to_write)]
        words = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-sync",
                 "--hide-scrollbars", "--force-color-profile=srgb", f"--user-data-dir={folder}/profile",
                 "--remote-debugging-pipe", "about:blank"]
        self.start(["/bin/bash", "-c", f'exec "$@" 3<&{given[0]} 4>&{given[1]} {given[0]}<&- {given[1]}>&-', "chromium"] + words,
                   folder, f"{folder}/log", pass_fds=given)
        for fd in (to_read, to_write, *given):
            os.close(fd)
        self.number, self.bytes, self.seen, self.session, self.loaded, self.url = 0, b"", [], None, False, ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def read(self, until):
        """The next message."""
        while b"\0" not in self.bytes:
            if not select.select([self.come], [], [], max(0, until - time.monotonic()))[0]:
                raise Failed(f"chromium: no answer after {WAIT} s")
            part = os.read(self.come, 1 << 20)
            if not part:
                raise Failed("chromium: ended")
            self.bytes += part
        message, self.bytes = self.bytes.split(b"\0", 1)
        return json.loads(message)

    def note(self, message):
        """Keeps an event if it says that something is wrong."""
        method, values = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.exceptionThrown":
            details = values["exceptionDetails"]
            self.seen.append("exception: " + details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and values["type"] in ("error", "warning", "assert"):
            self.seen.append("console: " + " ".join(str(a.get("value", a.get("description"))) for a in values["args"]))
        elif method == "Log.entryAdded" and values["entry"]["level"] in ("error", "warning"):
            self.seen.append("log: " + values["entry"]["text"])
        elif method == "Network.requestWillBeSent":
            url = values["request"]["url"]
            if url.split("#")[0] != self.url.split("#")[0] and not url.startswith("data:"):
                self.seen.append("request: " + url)

    def call(self, method, **values):
        self.number += 1
        message = {"id": self.number, "method": method, "params": values}
        if self.session:
            message["sessionId"] = self.session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to, data):]
        until = time.monotonic() + WAIT
        while True:
            answer = self.read(until)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise Failed(f"chromium: {method}: {answer['error']['message']}")
                return answer["result"]
            self.note(answer)

    def open(self, url):
        self.seen, self.loaded, self.url = [], False, url
        if "#" in url: # else it would only move within the page
            self.call("Page.navigate", url="about:blank")
            self.loaded = False
        self.call("Page.navigate", url=url)
        until = time.monotonic() + WAIT
        while not self.loaded:
            self.note(self.read(until))

    def evaluate(self, code):
        answer = self.call("Runtime.evaluate", expression=code, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise Failed("chromium: " + answer["exceptionDetails"].get("exception", {}).get("description", "exception"))
        return answer["result"].get("value")

    def view(self, width, dark, print=False): # pylint: disable=redefined-builtin
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=HEIGHT[width], deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", media="print" if print else "",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def scripts(self, on):
        self.call("Emulation.setScriptExecutionDisabled", value=not on)

    def press(self, key):
        text, _, code = KEYS.get(key, (key, key, 0))
        values = {"key": key if len(key) > 1 and key != "Space" else text, "code": key, "windowsVirtualKeyCode": code}
        self.call("Input.dispatchKeyEvent", type="keyDown", **values, **({} if key == "Tab" else {"text": text}))
        self.call("Input.dispatchKeyEvent", type="keyUp", **values)

    def errors(self):
        self.evaluate("new Promise(done => setTimeout(done, 0))")
        return self.seen

    def picture(self, file):
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        whole = {"captureBeyondViewport": True, "clip": clip} if size["height"] <= TALLEST else {}
        data = self.call("Page.captureScreenshot", **whole)["data"]
        with open(file, "wb") as out:
            out.write(base64.b64decode(data))

    def paper(self):
        """The bytes of the page as PDF."""
        return base64.b64decode(self.call("Page.printToPDF", printBackground=True)["data"])

    def quit(self):
        try:
            self.session = None
            self.call("Browser.close")
        except (Failed, OSError):
            pass


PREFERENCES = {
    "marionette.port": 0,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.update.disabledForTesting": True,
    "app.normandy.enabled": False,
    "browser.safebrowsing.downloads.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "security.sandbox.content.level": 0, # namespaces may be forbidden here
    "focusmanager.testmode": True,
    "accessibility.tabfocus": 7,
    "javascript.options.showInConsole": True,
    "dom.ipc.processCount": 1,
    "dom.ipc.processPrelaunch.enabled": False,
}
# A script of firefox's own in the page's process: it tells what the page writes to its console, and violations of its policy.
LISTEN = """
    const script = `
        addEventListener('securitypolicyviolation', e => sendAsyncMessage('seen', 'policy: ' + e.violatedDirective + ' ' + e.blockedURI), true, true);
        const storage = Cc["@mozilla.org/consoleAPI-storage;1"].getService(Ci.nsIConsoleAPIStorage);
        const listener = event => {
            if (/error|warn|assert|exception/.test(event.level))
                sendAsyncMessage('seen', 'console: ' + event.arguments[0]);
        };
        storage.addLogEventListener(listener, Cc["@mozilla.org/systemprincipal;1"].createInstance(Ci.nsIPrincipal));
        addEventListener('unload', () => storage.removeLogEventListener(listener));`;
    Services.obs.addObserver(channel => {
        if (channel.QueryInterface(Ci.nsIChannel).loadInfo.browsingContextID === gBrowser.selectedBrowser.browsingContext.id)
            window.seen.push("request: " + channel.URI.spec);
    }, "http-on-opening-request");
    window.seen = [];
    window.messageManager.addMessageListener("seen", message => window.seen.push(message.data));
    window.messageManager.loadFrameScript("data:," + encodeURIComponent(script), true);"""
FORGET = "Services.console.reset(); window.seen = []; gBrowser.selectedBrowser.focus()"
MARK = "the last message"
# Messages about other files are firefox's own.
SEEN = """
    return Services.console.getMessageArray().filter(m => m instanceof Ci.nsIScriptError && m.sourceName.startsWith("file:"))
        .map(m => m.errorMessage).concat(window.seen)"""
VIEW = """
    const [width, height, scheme, medium] = arguments, browser = gBrowser.selectedBrowser;
    for (const [side, px] of [["width", width], ["height", height]])
        for (const which of ["", "min-", "max-"])
            browser.style.setProperty(which + side, px + "px");
    browser.browsingContext.prefersColorSchemeOverride = scheme;
    browser.browsingContext.mediumOverride = medium;"""


class Firefox(Browser):
    name = "firefox"

    def __init__(self, folder):
        profile = os.path.join(folder, "profile")
        os.makedirs(profile)
        with open(f"{profile}/user.js", "w") as out:
            out.writelines(f"user_pref({json.dumps(k)}, {json.dumps(v)});\n" for k, v in PREFERENCES.items())
        self.start(["firefox-esr", "--headless", "--no-remote", "--profile", profile, "--marionette",
                    "--remote-allow-system-access"], folder, f"{folder}/log")
        self.number, self.bytes, self.method = 0, b"", "the greeting"
        self.socket = self.connect(f"{profile}/MarionetteActivePort")
        self.read() # its greeting
        self.call("WebDriver:NewSession", capabilities={"alwaysMatch": {"timeouts": {"script": WAIT * 1000}}})
        self.call("WebDriver:SetWindowRect", width=1500, height=1000)
        self.chrome(LISTEN)

    def connect(self, file):
        until = time.monotonic() + WAIT
        while time.monotonic() < until and self.process.poll() is None:
            try:
                with open(file) as port:
                    return socket.create_connection(("127.0.0.1", int(port.read())), WAIT)
            except (OSError, ValueError):
                time.sleep(0.05)
        raise Failed("firefox: did not start")

    def read(self):
        while True:
            length, colon, rest = self.bytes.partition(b":")
            if colon and len(rest) >= int(length):
                self.bytes = rest[int(length):]
                return json.loads(rest[:int(length)])
            try:
                part = self.socket.recv(1 << 20)
            except TimeoutError:
                raise Failed(f"firefox: no answer to {self.method} after {WAIT} s") from None
            if not part:
                raise Failed("firefox: ended")
            self.bytes += part

    def call(self, method, **values):
        self.number, self.method = self.number + 1, method
        data = json.dumps([0, self.number, method, values]).encode()
        self.socket.sendall(str(len(data)).encode() + b":" + data)
        _, _, error, result = self.read()
        if error:
            raise Failed(f"firefox: {method}: {error['message']}")
        return result

    def chrome(self, code, *values):
        """Runs code in firefox itself instead of in the page."""
        self.call("Marionette:SetContext", value="chrome")
        try:
            return self.call("WebDriver:ExecuteScript", script=code, args=list(values))["value"]
        finally:
            self.call("Marionette:SetContext", value="content")

    def open(self, url):
        self.chrome(FORGET) # and return to the page: Tab may have left it for firefox's own buttons
        if "#" in url:
            self.call("WebDriver:Navigate", url="about:blank")
        self.call("WebDriver:Navigate", url=url)

    def evaluate(self, code):
        # in one sandbox for the whole page, so that a function stays defined
        values = {"script": f"return ({code})", "args": [], "newSandbox": False, "sandbox": "tests"}
        return self.call("WebDriver:ExecuteScript", **values)["value"]

    def view(self, width, dark, print=False): # pylint: disable=redefined-builtin
        self.chrome(VIEW, width, HEIGHT[width], "dark" if dark else "light", "print" if print else "")

    def scripts(self, on):
        self.chrome("gBrowser.selectedBrowser.browsingContext.allowJavascript = arguments[0]", on)

    def press(self, key):
        value = KEYS.get(key, (key, key))[1]
        keys = [{"type": t, "value": value} for t in ("keyDown", "keyUp")]
        self.call("WebDriver:PerformActions", actions=[{"type": "key", "id": "keyboard", "actions": keys}])

    def errors(self):
        """What the page's process has told: a last message, which comes behind all else, shows that all of it is here."""
        self.evaluate(f"console.error('{MARK}'), null")
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            seen = self.chrome(SEEN)
            if any(MARK in text for text in seen):
                return [text for text in seen if MARK not in text]
            time.sleep(0.02)
        raise Failed(f"firefox: {seen} have no '{MARK}'")

    def picture(self, file):
        height = self.evaluate("document.documentElement.scrollHeight")
        data = self.call("WebDriver:TakeScreenshot", full=height <= TALLEST)["value"]
        with open(file, "wb") as out:
            out.write(base64.b64decode(data))

    def quit(self):
        try:
            self.call("Marionette:Quit", flags=["eForceQuit"])
        except (Failed, OSError):
            pass
        self.socket.close()


BROWSERS = {"chromium": Chromium, "firefox": Firefox}


def start(name, folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    return BROWSERS[name](folder)
