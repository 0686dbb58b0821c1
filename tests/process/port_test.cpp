// evctl export and import against a real group: what leaves is what a question answers, however
// often it was broken off, and what comes in is what stood in the file.

#include "common/base/clock.h"
#include "common/base/text.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/text_file.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

namespace base = evd::base;
namespace test = evd::test;
using base::cat;

namespace {

constexpr int kLines = 45'000;  // more than four pages
constexpr const char* kJournalRemote = "/lib/systemd/systemd-journal-remote";

bool exists(const std::string& path) {
    return ::access(path.c_str(), F_OK) == 0;
}

// evctl on a state folder.
class Evctl {
  public:
    explicit Evctl(const test::StateFolder& state) : state_(state) {}

    std::vector<std::string> words(const std::vector<std::string>& words) const {
        return test::evctlCommand(state_, words);
    }
    test::CommandResult run(const std::vector<std::string>& typed,
                            const std::string& input = "") const {
        return test::runCommand(words(typed), input);
    }
    std::string output(const std::vector<std::string>& typed, const std::string& input = "") const {
        const auto done = run(typed, input);
        CHECK_MESSAGE(done.status == 0, done.errors);
        return done.output;
    }
    // In a shell that sets a limit first; `what` may be "" or "trap '' XFSZ;".
    test::CommandResult runLimited(int kib, const std::string& what,
                                   const std::vector<std::string>& typed) const {
        std::vector<std::string> command = {
            "/bin/bash", "-c", cat("ulimit -f ", kib, "; ", what, " exec \"$@\""), "bash"};
        const auto all = words(typed);
        command.insert(command.end(), all.begin(), all.end());
        return test::runCommand(command);
    }

  private:
    const test::StateFolder& state_;
};

// Lines of a syslog file within the last hour, some of one moment, one of them with what an export
// must take care of.
std::string syslogLines(int count) {
    const int64_t began_ns = base::SystemClock().wallNs() - int64_t{3600} * base::kNsPerSecond;
    std::string text;
    for (int i = 0; i < count; ++i) {
        const std::string time = base::formatIsoTime(began_ns + int64_t{i / 7} * base::kNsPerMs);
        text += cat('<', i % 10 == 0 ? 11 : 14, '>', time, " host app", i % 3, "[7]: line ", i,
                    i % 1000 == 0 ? "\ttab, \"quotes\" \xC3\xA4" : "", '\n');
    }
    return text;
}

// Starts it and kills it as soon as the file has been written again; false when it was quicker.
bool killAfterPage(const std::vector<std::string>& command, const std::string& place) {
    struct stat before {};
    (void)::stat(place.c_str(), &before);
    std::vector<char*> words;
    for (const std::string& word : command) {
        words.push_back(const_cast<char*>(word.c_str()));
    }
    words.push_back(nullptr);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::execv(words[0], words.data());
        ::_exit(127);
    }
    int status = 0;
    for (int look = 0; look < 20'000; ++look) {
        struct stat now {};
        if (::stat(place.c_str(), &now) == 0 && now.st_ino != before.st_ino) {
            ::kill(child, SIGKILL);
            break;
        }
        if (::waitpid(child, &status, WNOHANG) == child) {
            return false;
        }
        test::pauseMs(1);
    }
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status);
}

std::string wantedLines(const Evctl& evctl) {
    return evctl.output({"-f", "jsonl",
                         "LOGS SORT timestamp, message SELECT timestamp, origin, is_error, "
                         "message"});
}

}  // namespace

TEST_CASE("export: what leaves is what the question answers") {
    const test::StateFolder state;
    test::Group group(state, test::withoutSensors());
    REQUIRE(group.waitReady());
    const Evctl evctl(state);
    const auto import = evctl.run({"import", "-"}, syslogLines(kLines));
    CHECK(import.status == 0);
    CHECK(import.errors.find("standard input looks like syslog\n") != std::string::npos);
    CHECK(import.errors.find(cat("sent: ", kLines, " log records, all stored")) !=
          std::string::npos);
    const std::string until =
        cat("UNTIL \"", base::formatIsoTime(base::SystemClock().wallNs()), '"');
    for (const std::string clauses :
         {"", "SORT timestamp", "FROM app1 ERROR ONLY SINCE 2h ago", "SELECT timestamp, message",
          "COUNT BY origin", "SORT message DESC TAKE 12000"}) {
        const std::string question = cat("LOGS ", clauses, ' ', until);
        const std::string wanted = evctl.output({"-f", "jsonl", question});
        REQUIRE_FALSE(wanted.empty());
        CHECK_MESSAGE((evctl.output({"export", question}) == wanted), question);
        CHECK((evctl.output({"export", "--to", "csv", question}) ==
               evctl.output({"-f", "csv", question})));
    }
    const std::string file = state.below("out.jsonl");
    CHECK(evctl.run({"export", "--into", file, "LOGS"}).errors ==
          cat("evctl: ", kLines, " records in ", file, '\n'));
    CHECK((test::readTextFile(file) == evctl.output({"-f", "jsonl", "LOGS"})));
    // A question that fails, and an endless one, leave no file and do no harm to what is there.
    CHECK(evctl.run({"export", "--into", file, "LOGS TAEK"}).status == 1);
    CHECK(evctl.run({"export", "--into", file, "LOGS STREAM"}).status == 2);
    CHECK(test::readTextFile(file).size() > 1'000'000);
    CHECK_FALSE(exists(file + ".partial"));
    CHECK(group.stop() == 0);
}

TEST_CASE("export: broken off at any moment it goes on, and is the same to the byte") {
    const test::StateFolder state;
    auto group = std::make_unique<test::Group>(state, test::withoutSensors());
    REQUIRE(group->waitReady());
    const Evctl evctl(state);
    CHECK(evctl.run({"import", "-"}, syslogLines(kLines)).status == 0);
    const std::string question = cat("LOGS WHERE message CONTAINS line UNTIL \"",
                                     base::formatIsoTime(base::SystemClock().wallNs()), '"');
    bool restarts = true;
    for (const std::string to : {"jsonl", "csv", "otlp-json", "journald"}) {
        const std::string whole = state.below("whole");
        const std::string file = state.below("out");
        const std::string place = state.below("place");
        CHECK(evctl.run({"export", "--to", to, "--into", whole, question}).status == 0);
        const std::vector<std::string> typed = {"export", "--to",     to,    "--into",
                                                file,     "--resume", place, question};
        int kills = 0;
        for (int i = 0; i < 3; ++i) {
            kills += killAfterPage(evctl.words(typed), place) ? 1 : 0;
        }
        CHECK(kills > 0);
        CHECK_FALSE(exists(file));
        if (std::exchange(restarts, false)) {
            CHECK(group->stop() == 0);
            CHECK(evctl.run(typed).status == 1);  // nobody answers
            group = std::make_unique<test::Group>(state, test::withoutSensors());
            REQUIRE(group->waitReady());
        }
        // What a full disk does, and what the signal for it does: in the midst of a page.
        const int kib = static_cast<int>(test::readTextFile(whole).size() / 1024);
        const auto full = evctl.runLimited(kib - 100, "trap '' XFSZ;", typed);
        CHECK(full.status == 1);
        CHECK_MESSAGE(full.errors.find("the same command goes on") != std::string::npos,
                      full.errors);
        CHECK(evctl.runLimited(kib - 10, "", typed).status != 0);
        CHECK_FALSE(exists(file));
        const auto last = evctl.run(typed);
        CHECK_MESSAGE(last.status == 0, last.errors);
        CHECK_MESSAGE((test::readTextFile(file) == test::readTextFile(whole)), to);
        CHECK(last.errors == cat("evctl: ", kLines, " records in ", file, '\n'));
        for (const char* left : {"place", "place.new"}) {
            CHECK_FALSE(exists(state.below(left)));
        }
        for (const auto& entry : std::filesystem::directory_iterator(state.below(""))) {
            CHECK_FALSE(entry.path().filename().string().starts_with("out."));
        }
        REQUIRE(::unlink(file.c_str()) == 0);
    }
    CHECK(group->stop() == 0);
}

TEST_CASE("export: what cannot be resumed, and somebody else's place, are refused") {
    const test::StateFolder state;
    test::Group group(state, test::withoutSensors());
    REQUIRE(group.waitReady());
    const Evctl evctl(state);
    CHECK(evctl.run({"import", "-"}, syslogLines(20)).status == 0);
    const std::string place = state.below("place");
    const std::string file = state.below("out");
    const auto counted = evctl.run({"export", "--into", file, "--resume", place, "LOGS COUNT"});
    CHECK(counted.status == 2);
    CHECK(counted.errors.find("cannot be broken off and resumed: COUNT answers as a whole") !=
          std::string::npos);
    CHECK(evctl.run({"export", "--resume", place, "LOGS"}).status == 2);
    std::ofstream(place) << "my shopping list";
    CHECK(evctl.run({"export", "--into", file, "--resume", place, "LOGS"}).status == 1);
    CHECK(test::readTextFile(place) == "my shopping list");
    CHECK_FALSE(exists(file));
    CHECK(group.stop() == 0);
}

TEST_CASE("import: a journal that was exported comes back as it was") {
    const test::StateFolder state;
    std::string exported;
    std::string wanted;
    {
        test::Group group(state, test::withoutSensors());
        REQUIRE(group.waitReady());
        const Evctl evctl(state);
        CHECK(evctl.run({"import", "-"}, syslogLines(500)).status == 0);
        CHECK(evctl.run({"log", "odd", "-"}, "\xff bytes\nesc \x1b[0m\n\nlast").status == 0);
        wanted = wantedLines(evctl);
        REQUIRE(std::count(wanted.begin(), wanted.end(), '\n') == 504);
        exported = evctl.output({"export", "--to", "journald", "LOGS"});
        CHECK(group.stop() == 0);
    }
    std::vector<std::string> journals = {exported};
    if (::access(kJournalRemote, X_OK) == 0) {
        const std::string file = state.below("copy.journal");
        const auto remote = test::runCommand({kJournalRemote, "-o", file, "-"}, exported);
        CHECK_MESSAGE(remote.status == 0, remote.errors);
        const auto read = test::runCommand({"/usr/bin/journalctl", "--file", file, "-o", "export"});
        CHECK(read.status == 0);
        CHECK(
            test::runCommand({"/usr/bin/journalctl", "--file", file, "-p", "3", "-o", "cat", "-q"})
                .output.starts_with("line 0\ttab"));
        journals.push_back(read.output);
    } else {
        MESSAGE("systemd-journal-remote is not installed");
    }
    for (const std::string& journal : journals) {
        const test::StateFolder second;
        test::Group group(second, test::withoutSensors());
        REQUIRE(group.waitReady());
        const Evctl evctl(second);
        const auto import = evctl.run({"import", "-"}, journal);
        CHECK(import.errors ==
              "evctl: standard input looks like journald\nunderstood: 504 log records\n"
              "sent: 504 log records, all stored\n");
        const std::string lines = wantedLines(evctl);
        const auto [is, should] =
            std::mismatch(lines.begin(), lines.end(), wanted.begin(), wanted.end());
        CHECK_MESSAGE((lines == wanted), std::string(is, std::min(is + 200, lines.end())), " not ",
                      std::string(should, wanted.end()).substr(0, 200));
        CHECK(group.stop() == 0);
    }
}

TEST_CASE("import: audit events and metrics are there to be asked for") {
    const test::StateFolder state;
    test::Group group(state, test::withoutSensors());
    REQUIRE(group.waitReady());
    const Evctl evctl(state);
    std::string audit;
    for (int i = 1; i <= 3000; ++i) {
        const std::string id = cat("msg=audit(1364481363.243:", i, "): ");
        audit += cat("type=SYSCALL ", id, "syscall=59 success=yes exe=\"/bin/ls\" pid=", i,
                     "\ntype=PROCTITLE ", id, "proctitle=6C73002D6C\ntype=EOE ", id, '\n');
    }
    const auto events = evctl.run({"import", "-"}, audit + "broken\n");
    CHECK(events.status == 0);
    CHECK(events.errors.find("understood: 3000 events") != std::string::npos);
    CHECK(events.errors.find("not understood: 1, a line that is no audit record\n    line 9001: "
                             "broken\n") != std::string::npos);
    CHECK(events.errors.find("sent: 3000 events, all stored") != std::string::npos);
    CHECK(evctl.output({"-f", "jsonl", "EVENTS audit.* COUNT"}) == "{\"count\":3000}\n");
    CHECK(evctl.output({"-f", "jsonl",
                        "EVENTS audit.syscall WHERE syscall.pid == 17 SELECT serial, time, "
                        "proctitle.proctitle"}) ==
          "{\"proctitle.proctitle\":\"ls -l\",\"serial\":17,\"time\":1364481363243000000}\n");
    // Resuming goes by the times that KMES has given, many events of which are one moment.
    const std::string out = state.below("out");
    CHECK(evctl.run({"export", "--into", out, "--resume", state.below("p"), "EVENTS audit.*"})
              .status == 0);
    CHECK((test::readTextFile(out) == evctl.output({"-f", "jsonl", "EVENTS audit.*"})));

    const std::string metrics =
        "# TYPE req counter\nreq_total{code=\"200\"} 17\n# TYPE temp gauge\ntemp 21.5\n"
        "# TYPE lat histogram\nlat_bucket{le=\"1\"} 9\nlat_bucket{le=\"+Inf\"} 10\nlat_sum 5\n"
        "lat_count 10\n# EOF\n";
    CHECK(evctl.run({"import", "-"}, metrics).status == 0);
    CHECK(evctl.output({"-f", "jsonl", "METRIC req_total[] SELECT name, code, value"}) ==
          "{\"code\":\"200\",\"name\":\"req_total\",\"value\":17.0}\n");
    CHECK(evctl.output({"-f", "jsonl", "METRIC lat[] P50 SELECT value"}) == "{\"value\":1.0}\n");
    const std::string otlp = evctl.output({"export", "--to", "otlp-json", "METRIC req_total[]"});
    CHECK(otlp.find("\"name\":\"req_total\",\"sum\":{\"aggregationTemporality\":2") !=
          std::string::npos);
    CHECK(group.stop() == 0);
}

TEST_CASE("import: nothing is sent to nobody, on trial, or when it must be understood whole") {
    const test::StateFolder state;
    const Evctl evctl(state);
    CHECK(evctl.run({"import", "-"}, "Jan  2 11:59:58 h a: b\n").status == 1);  // nobody answers
    test::Group group(state, test::withoutSensors());
    REQUIRE(group.waitReady());
    const std::string file = state.below("log");
    std::ofstream(file) << "Jan  2 11:59:58 h a: b\nrubbish\n";
    CHECK(evctl.run({"import", "--dry-run", file}).status == 0);
    CHECK(evctl.run({"import", "--strict", file}).status == 1);
    CHECK(evctl.run({"import", "--from", "auditd", file}).status == 1);
    CHECK(evctl.run({"import", "-"}, "what is this?\n").status == 2);
    CHECK(evctl.run({"import", "-"}, "").status == 0);
    CHECK(evctl.run({"import", state.below("missing")}).status == 1);
    CHECK(evctl.output({"-f", "jsonl", "LOGS COUNT"}) == "{\"count\":0}\n");
    std::ofstream(file) << syslogLines(3);
    CHECK(evctl.run({"import", "--strict", file}).status == 0);
    CHECK(evctl.output({"-f", "jsonl", "LOGS COUNT"}) == "{\"count\":3}\n");
    CHECK(group.stop() == 0);
}
