// The tour of README.md as docs/tour.txt shows it: its commands are typed at a terminal, beside a
// real group on the store of docs/shop.case moved to the last hour, and what they print is
// compared. Times, ids and the like are different every time and are masked in both.
// EVENTD_DOCS_UPDATE=1 writes the file anew.

#include "common/base/clock.h"
#include "common/base/text.h"
#include "tests/process/docs/stores.h"
#include "tests/support/doc_page.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/terminal_session.h"
#include "tests/support/text_file.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cctype>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace test = evd::test;
namespace fs = std::filesystem;
using evd::base::cat;

namespace {

const std::string kTour = cat(EVD_SOURCE_FOLDER, "/docs/tour.txt");
const std::string kRows = cat(EVD_SOURCE_FOLDER, "/tests/process/docs/shop.case");
constexpr int64_t kHourAndMargin = 3590;  // seconds; the rows are of less than the last hour
constexpr std::string_view kTop = "$ build/bin/evctl top";

std::string firstFenceBehind(const std::string& page, std::string_view heading) {
    const std::string behind = page.substr(page.find(heading));
    return test::docExamples(behind).front().text;
}

// As a file has it: without carriage returns, and without blanks at the ends of lines.
std::string asText(const std::string& printed) {
    std::string text;
    for (std::string line : test::linesOf(printed)) {
        std::erase(line, '\r');
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

bool isTime(std::string_view text) {
    constexpr std::string_view kForm = "0000-00-00 00:00:00";
    if (text.size() < kForm.size()) {
        return false;
    }
    for (size_t i = 0; i < kForm.size(); ++i) {
        const bool is_digit = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
        if (kForm[i] == '0' ? !is_digit : text[i] != kForm[i]) {
            return false;
        }
    }
    return true;
}

// Every digit of a time, with its fraction, becomes 0.
std::string withoutTimes(std::string line) {
    for (size_t at = 0; at < line.size(); ++at) {
        if (!isTime(std::string_view(line).substr(at))) {
            continue;
        }
        const auto is_of_time = [](unsigned char c) {
            return std::isdigit(c) != 0 || c == '-' || c == ':' || c == '.' || c == ' ';
        };
        for (; at < line.size() && is_of_time(static_cast<unsigned char>(line[at])); ++at) {
            line[at] = std::isdigit(static_cast<unsigned char>(line[at])) != 0 ? '0' : line[at];
        }
    }
    return line;
}

// {9392b098-112b-4f6f-91d9-9560476acc3d} becomes {}.
std::string withoutGuids(std::string line) {
    constexpr size_t kBracedGuid = 38;
    for (size_t at = line.find('{'); at != std::string::npos; at = line.find('{', at + 1)) {
        const bool is_guid = at + kBracedGuid <= line.size() && line[at + kBracedGuid - 1] == '}' &&
                             line[at + 9] == '-';
        line.erase(at + 1, is_guid ? kBracedGuid - 2 : 0);
    }
    return line;
}

// Of a line of `top`, what it is about: its first word, and whether figures follow.
std::string skeleton(const std::string& line) {
    std::string first = line.substr(0, line.find("  "));
    first.erase(std::remove_if(first.begin(), first.end(),
                               [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; }),
                first.end());
    return first;
}

// What must be the same each time. Which types and questions are in the picture of top depends on
// how fast the machine is; its other parts do not.
std::string comparable(const std::string& tour) {
    std::string out;
    bool in_top = false;
    bool is_volatile = false;
    for (const std::string& line : test::linesOf(tour)) {
        in_top = in_top || line.starts_with(kTop);
        is_volatile = (is_volatile && !line.empty()) || line.starts_with("eventd  ");
        if (!in_top) {
            out += withoutGuids(withoutTimes(line)) + '\n';
        } else if (!is_volatile) {
            out += skeleton(line) + '\n';
        }
        is_volatile =
            is_volatile || line.starts_with("event type") || line.starts_with("slowest questions");
    }
    return out;
}

class Tour {
  public:
    Tour() : made_(makeRows()), group_(state_, options()) {
        REQUIRE(made_ == "");
        REQUIRE(group_.waitReady());
        fs::create_directory_symlink(state_.path(), folder_.below(".state"));
        fs::create_directory_symlink(fs::path(EVD_BIN_FOLDER).parent_path(),
                                     folder_.below("build"));
    }
    ~Tour() { CHECK(group_.stop() == 0); }
    Tour(const Tour&) = delete;
    Tour& operator=(const Tour&) = delete;

    // What the terminal shows of one command.
    std::string take(const std::string& command) const {
        if (command.find(" top ") != std::string::npos) {
            waitForFigures();
        }
        test::TerminalSession session(
            {"/bin/sh", "-c", cat("cd '", folder_.path(), "'; exec ", command)},
            {"TERM=xterm-256color", "LC_ALL=C.UTF-8", "NO_COLOR=1", "PAGER=cat",
             "HOME=" + folder_.path(), "TZ=UTC"});
        if (command.find(" tail ") != std::string::npos) {
            follow(session);
        } else {
            CHECK_MESSAGE(session.waitExit() == 0, command, "\n", session.printed());
        }
        waitUntilStored(command);
        return asText(session.printed());
    }

  private:
    // As many rings and shards on every machine.
    static test::GroupOptions options() {
        return {{{"Linux", "Sensors", "multi", "[]"},
                 {"Linux", "KmesCpus", "dword", "2"},
                 {"", "StorageShards", "dword", "2"}},
                {},
                {}};
    }
    std::string makeRows() const {
        const int64_t now_ns = evd::base::SystemClock().wallNs();
        return test::makeStores(state_.path(), kRows,
                                now_ns - kHourAndMargin * evd::base::kNsPerSecond);
    }
    // Processes tell theirs once a second.
    void waitForFigures() const {
        const bool are_there = test::waitUntil(test::kPatienceMs, [&] {
            const std::string status = test::ask(state_, "status").output;
            return status.find("shard.1.commit_p99_us") != std::string::npos &&
                   status.find("ring.1.lag_bytes") != std::string::npos;
        });
        REQUIRE_MESSAGE(are_there, "the figures of the group never came");
    }
    // Somebody orders while we look.
    void follow(test::TerminalSession& session) const {
        REQUIRE(session.waitFor("number=20"));
        REQUIRE(
            test::evctl(state_, {"emit", "shop.order", "{\"number\": 21, \"total\": 3}"}).status ==
            0);
        REQUIRE(session.waitFor("number=21"));
        session.type("\x03");
        CHECK(session.waitExit() == 128 + SIGINT);  // as a tail is ended
    }
    // What was sent is there before the next command asks for it.
    void waitUntilStored(const std::string& command) const {
        const bool is_event = command.find(" emit ") != std::string::npos;
        const bool is_run = command.find(" run ") != std::string::npos;
        const std::string question = is_event ? "EVENTS shop.order WHERE number == 20"
                                     : is_run ? "LOGS FROM sh WHERE is_error == true"
                                              : "";
        CHECK_MESSAGE((question.empty() || test::waitForLines(state_, question, 1)),
                      "never stored: ", question);
    }

    test::StateFolder state_;
    test::StateFolder folder_;
    std::string made_;
    test::Group group_;
};

std::string takeTour(const std::string& commands) {
    const Tour tour;
    std::string text;
    for (const std::string& line : test::linesOf(commands)) {
        const bool is_command = !line.empty() && line.front() != '#';
        text += is_command ? cat("$ ", line, "\n", tour.take(line)) : line + '\n';
    }
    return text;
}

}  // namespace

TEST_CASE("tour: the commands of README print on a terminal what docs/tour.txt shows") {
    const std::string readme = test::readTextFile(cat(EVD_SOURCE_FOLDER, "/README.md"));
    const std::string taken = takeTour(firstFenceBehind(readme, "## Two minutes"));
    if (std::getenv("EVENTD_DOCS_UPDATE") != nullptr) {
        test::writeTextFile(kTour, taken);
    }
    CHECK(comparable(taken) == comparable(test::readTextFile(kTour)));
}
