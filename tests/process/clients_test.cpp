// The programs of docs/clients as a stranger has them: built outside of the tree, the C++ one
// against an installed library, and asked of a real group. All three print the same.

#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/terminal_session.h"

#include <doctest/doctest.h>
#include <csignal>
#include <filesystem>

namespace test = evd::test;
namespace fs = std::filesystem;
using evd::base::cat;

namespace {

// What a sanitizer added to the library would have to be added to the stranger's program too.
#ifdef EVD_SANITIZED
constexpr bool kIsInstallable = false;
#else
constexpr bool kIsInstallable = true;
#endif

const std::string kPrograms = cat(EVD_SOURCE_FOLDER, "/docs/clients/");

struct Asker {
    const char* name;
    std::vector<std::string> command;
    const char* socket;
};

void build(const std::string& command) {
    const auto built = test::runCommand({"/bin/sh", "-ec", command}, "", 120);
    REQUIRE_MESSAGE(built.status == 0, command, "\n", built.output, built.errors);
}

// One group with an order and a log line in it, and the three programs.
class Shop {
  public:
    Shop() : group_(state_, test::withoutSensors()) {
        REQUIRE(group_.waitReady());
        const std::string c_program = folder_.below("ask-c");
        build(cat("cc -std=c11 -Wall -Wextra -Werror -o ", c_program, ' ', kPrograms, "ask.c"));
        askers_.push_back({"C", {c_program}, "query.sock"});
        askers_.push_back({"Python", {kPrograms + "ask.py"}, "query.sock"});
        if (kIsInstallable) {
            askers_.push_back({"C++", {buildAgainstInstalled()}, "rpc.sock"});
        }
        REQUIRE(evctl({"emit", "shop.order",
                       R"({"number": 17, "total": 12.5, "items": ["tea", "cup"], "paid": true,)"
                       R"( "note": null, "big": 18446744073709551615, "low": -70000,)"
                       R"( "name": "A \"q\" \u001b[31m \u009b \u00fc", "sum": 4.0})"})
                    .status == 0);
        REQUIRE(evctl({"log", "shop", "sold out"}).status == 0);
        REQUIRE(test::waitForLines(state_, "EVENTS shop.order", 1));
        REQUIRE(test::waitForLines(state_, "LOGS FROM shop", 1));
    }
    ~Shop() { CHECK(group_.stop() == 0); }
    Shop(const Shop&) = delete;
    Shop& operator=(const Shop&) = delete;

    const std::vector<Asker>& askers() const { return askers_; }
    const test::Group& group() const { return group_; }
    const test::StateFolder& state() const { return state_; }

    test::CommandResult evctl(const std::vector<std::string>& words) const {
        return test::evctl(state_, words);
    }
    std::vector<std::string> command(const Asker& asker, std::vector<std::string> options,
                                     const std::vector<std::string>& words) const {
        std::vector<std::string> all = asker.command;
        all.insert(all.end(), options.begin(), options.end());
        all.push_back(state_.below(cat("run/", asker.socket)));
        all.insert(all.end(), words.begin(), words.end());
        return all;
    }
    test::CommandResult ask(const Asker& asker, const std::vector<std::string>& words) const {
        return test::runCommand(command(asker, {}, words));
    }

  private:
    // Only the staged tree and what pkg-config says of it: no path of ours is on the command line.
    std::string buildAgainstInstalled() const {
        const std::string stage = folder_.below("stage");
        const std::string program = folder_.below("ask-cpp");
        fs::copy(kPrograms + "ask.cpp", folder_.below("ask.cpp"));
        build(cat("cmake --install ", fs::path(EVD_BIN_FOLDER).parent_path().string(),
                  " --component dev --prefix ", stage, " >/dev/null"));
        build(cat("cd ", folder_.path(), "; export PKG_CONFIG_PATH=$(dirname $(find ", stage,
                  " -name eventd-client.pc)); c++ -std=c++17 -O1 -Wall -Wextra -Werror ask.cpp",
                  " -o ", program, " $(pkg-config --cflags --libs eventd-client)"));
        return program;
    }

    test::StateFolder state_;
    test::StateFolder folder_;
    test::Group group_;
    std::vector<Asker> askers_;
};

// On a terminal every line ends in \r\n.
std::string withoutReturns(std::string text) {
    std::erase(text, '\r');
    return text;
}

void checkAnswers(const Shop& shop) {
    for (const Asker& asker : shop.askers()) {
        CAPTURE(asker.name);
        // Spec §8.8: every kind of value, an empty answer, an answer of many frames, an error.
        const auto order = shop.ask(
            asker, {"EVENTS shop.order SELECT number, total, items, paid, note, big, low, name"});
        CHECK(order.errors == "");
        CHECK(order.status == 0);
        CHECK(order.output ==
              "number=17 total=12.5 items=[\"tea\", \"cup\"] paid=true note=nil "
              "big=18446744073709551615 low=-70000 "
              "name=\"A \\\"q\\\" \\x1b[31m \\x9b \xc3\xbc\"\n");
        const auto none = shop.ask(asker, {"EVENTS shop.refund"});
        CHECK(none.status == 0);
        CHECK(none.output == "");
        const auto wrong = shop.ask(asker, {"EVENTS TAEK 3"});
        CHECK(wrong.status == 1);
        CHECK(wrong.output == "");
        CHECK(wrong.errors.starts_with("ask: unexpected \"3\" at line 1"));
        const auto usage = shop.ask(asker, {});
        CHECK(usage.status == 2);
        const auto nobody =
            test::runCommand({asker.command.front(), shop.state().below("none"), "LOGS"});
        CHECK(nobody.status == 1);
        CHECK(nobody.output == "");
        CHECK(nobody.errors.find("No such file or directory") != std::string::npos);
    }
}

void checkStreams(const Shop& shop) {
    for (const Asker& asker : shop.askers()) {
        CAPTURE(asker.name);
        test::TerminalSession session(
            shop.command(asker, {}, {"LOGS FROM shop STREAM TAKE 1 SELECT message", "3"}), {});
        REQUIRE(session.waitFor("-- from here on as it happens"));
        CHECK(shop.evctl({"log", "shop", "tea is out"}).status == 0);
        CHECK(session.waitFor("tea is out"));
        CHECK(shop.evctl({"log", "shop", "sold out"}).status == 0);
        CHECK(session.waitExit() == 0);
        CHECK(withoutReturns(session.printed()) ==
              "message=\"sold out\"\n-- from here on as it happens\n"
              "message=\"tea is out\"\nmessage=\"sold out\"\n");
    }
}

// Of the C++ program alone.
void checkCursor(const Shop& shop, const Asker& asker) {
    const auto explained = test::runCommand(shop.command(asker, {"--explain"}, {"LOGS COUNT"}));
    CHECK(explained.status == 0);
    CHECK(explained.output.starts_with("step=\"plan\" text="));
    CHECK(explained.output.find("\nstep=\"answer\" records=1 ") != std::string::npos);
    const auto first = test::runCommand(shop.command(asker, {"--from", "0"}, {"1"}));
    CHECK(first.status == 0);
    CHECK(first.output.starts_with("1 synthetic.startup "));
    test::TerminalSession session(shop.command(asker, {"--from", "1"}, {}), {});
    CHECK(session.waitFor(" shop.order "));
    CHECK(shop.evctl({"emit", "shop.refund", "{\"number\": 17}"}).status == 0);
    CHECK(session.waitFor(" shop.refund 9 bytes"));
    REQUIRE(shop.group().signalChild("eventd-queryd", SIGKILL));
    CHECK(session.waitFor("ask: eventd closed the connection"));
    CHECK(session.waitExit() == 1);
}

}  // namespace

TEST_CASE("clients: the programs of the documentation answer, follow and complain alike") {
    const Shop shop;
    checkAnswers(shop);
    checkStreams(shop);
    if (kIsInstallable) {
        checkCursor(shop, shop.askers().back());
    }
}
