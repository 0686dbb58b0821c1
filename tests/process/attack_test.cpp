// Programs of the group that were taken over: each is told to do what an attacker inside it would.
// What is to happen is the table of docs/threat-model.md, which this reads: a line for each
// attempt, a column for each program. After every attempt the supervisor has seen what was to be
// seen, and a question is answered.

#include "common/base/clock.h"
#include "common/base/text.h"
#include "sandbox/landlock.h"
#include "tests/support/evctl.h"
#include "tests/support/group.h"
#include "tests/support/text_search.h"
#include "tests/support/wait_until.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <memory>

namespace base = evd::base;
namespace test = evd::test;

namespace {

constexpr int kAnswerMs = 2000;
constexpr int kOutcomeMs = 20'000;
constexpr int64_t kServesAgainMs = 10'000;
constexpr int kDeathsPerGroup = 7;  // ten within a minute would end it
constexpr const char* kUsers =
    R"(["store=61001", "queryd=61002", "ingest=61003", "kmesd=61004", "collector=61005", "sensor=61006"])";
const std::array<std::string, 6> kPrograms = {"store", "queryd",    "ingest",
                                              "kmesd", "collector", "sensor"};

// One line of the table: what happens to the attempt, by program.
struct Row {
    std::string attempt;
    std::map<std::string, std::string> results;
};

// The lines "| `exec` | ... | killed | killed |" below the heading; the columns are named in it.
std::vector<Row> readTable() {
    std::ifstream page(std::string(EVD_SOURCE_FOLDER) + "/docs/threat-model.md");
    std::vector<Row> rows;
    std::vector<std::string> columns;
    std::string line;
    while (std::getline(page, line)) {
        std::vector<std::string> cells;
        for (const auto cell : base::split(line, '|')) {
            cells.emplace_back(base::trim(cell));
        }
        if (cells.size() > 2 && cells[1] == "attempt") {
            columns = cells;
        } else if (!columns.empty() && cells.size() == columns.size() &&
                   cells[1].starts_with('`')) {
            Row row{cells[1].substr(1, cells[1].size() - 2), {}};
            for (size_t i = 0; i < cells.size(); ++i) {
                row.results[columns[i]] = cells[i];
            }
            rows.push_back(std::move(row));
        } else if (!columns.empty() && cells.size() < columns.size()) {
            break;
        }
    }
    return rows;
}

int64_t nowMs() {
    return base::SystemClock().monotonicNs() / base::kNsPerMs;
}

// What became of one attempt.
struct Outcome {
    bool died = false;
    int error = -1;  // 0: it worked
};

// A group of taken-over programs, and the two ends of what is said to the attacker in each.
class Stage {
  public:
    Stage() {
        // Others than root must get through to what they are to be refused.
        REQUIRE(::chmod(state_.path().c_str(), 0755) == 0);
        // Below the state folder, which is the one that the store sees.
        REQUIRE(::mkdir(pipes_.c_str(), 0755) == 0);
        REQUIRE(::chmod(open_.path().c_str(), 0777) == 0);
        std::ofstream(open_.below("secret")) << "secret";
        REQUIRE(::chmod(open_.below("secret").c_str(), 0600) == 0);
        results_ = makePipe("results");
        for (const auto& program : kPrograms) {
            commands_[program] = makePipe("eventd-" + program + ".commands");
        }
        test::GroupOptions options;
        options.program = std::string(EVD_ATTACK_FOLDER) + "/eventd";
        options.environment = {"EVD_ATTACK_FOLDER=" + pipes_};
        options.values = {{"Linux", "Users", "multi", kUsers}};
        group_ = std::make_unique<test::Group>(state_, options);
        REQUIRE(group_->waitReady());
    }

    test::Group& group() { return *group_; }

    Outcome attempt(const std::string& program, const std::string& attempt) {
        const pid_t victim = group_->childPid("eventd-" + program);
        const std::string other = program == "store" ? "eventd-queryd" : "eventd-store";
        const std::string line =
            base::cat(attempt, " ", group_->pid(), " ", group_->childPid(other), " ",
                      state_.below("events/shard-0000.db"), " ", open_.below("secret"), " ",
                      open_.path(), " ", state_.below("run/query.sock"), "\n");
        const base::Fd& commands = commands_.at(program);
        REQUIRE(::write(commands.get(), line.data(), line.size()) ==
                static_cast<ssize_t>(line.size()));
        const std::string answered = base::cat("eventd-", program, " ", attempt, " ");
        Outcome outcome;
        REQUIRE(test::waitUntil(kOutcomeMs, [&] {
            readResults();
            const size_t found = said_.find(answered);
            if (found != std::string::npos) {
                const auto rest = std::string_view(said_).substr(found + answered.size());
                const auto number = base::parseU64(rest.substr(0, rest.find('\n')));
                outcome.error = number.ok() ? static_cast<int>(number.value()) : -1;
                said_.clear();
                return true;
            }
            outcome.died = group_->childPid("eventd-" + program) != victim;
            return outcome.died;
        }));
        return outcome;
    }

    // How long a question takes, -1 when it is not answered.
    int64_t askMs() const {
        const int64_t began = nowMs();
        const auto answer = test::evctl(state_, {"EVENTS synthetic.startup TAKE 1"});
        return answer.status == 0 ? nowMs() - began : -1;
    }

    std::string status() const { return test::evctl(state_, {"status"}).output; }

  private:
    base::Fd makePipe(const std::string& name) {
        const std::string path = pipes_ + "/" + name;
        REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
        REQUIRE(::chmod(path.c_str(), 0666) == 0);
        return base::Fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    }

    void readResults() {
        char text[512];
        const ssize_t bytes = ::read(results_.get(), text, sizeof(text));
        said_.append(text, bytes > 0 ? static_cast<size_t>(bytes) : 0);
    }

    test::StateFolder state_;
    const std::string pipes_ = state_.below("pipes");
    test::StateFolder open_;  // to everybody
    base::Fd results_;
    std::map<std::string, base::Fd> commands_;
    std::string said_;
    std::unique_ptr<test::Group> group_;
};

// The filter's answer is the same everywhere. But without root there are no users to keep apart, a
// kernel without Landlock opens by mode alone, and where the store has no mounts of its own it
// finds every socket.
bool provableHere(const Row& row, const std::string& program, const std::string& said) {
    if (row.results.at(program) == "killed") {
        return true;
    }
    const bool of_files = row.attempt.starts_with("open-") || row.attempt.ends_with("-store") ||
                          row.attempt == "make-file" || row.attempt == "exhaust-threads";
    if (of_files) {
        return ::geteuid() == 0 && evd::sandbox::landlockVersion() > 0 &&
               said.find("runs as the user who started it") == std::string::npos;
    }
    return row.attempt != "connect-query" || said.find("no own") == std::string::npos;
}

void checkDeath(Stage& stage, const std::string& program, size_t lives_before) {
    const std::string serves = "eventd-" + program + " serves again";
    CHECK(test::waitUntil(kServesAgainMs, [&] {
        return test::countIn(stage.group().stderrText(), serves) > lives_before;
    }));
}

void checkKilled(Stage& stage, const std::string& program, const Outcome& outcome,
                 size_t seen_before, size_t lives_before) {
    CHECK(outcome.died);
    // Named where the kernel's log can be read, and by the signal where not.
    CHECK(test::waitUntil(test::kPatienceMs, [&] {
        return test::countIn(stage.group().stderrText(), "SIGSYS") > seen_before;
    }));
    checkDeath(stage, program, lives_before);
}

bool attemptOne(Stage& stage, const Row& row, const std::string& program) {
    const std::string& expected = row.results.at(program);
    CAPTURE(program);
    CAPTURE(row.attempt);
    CAPTURE(expected);
    const std::string before = stage.group().stderrText();
    const size_t seen = test::countIn(before, "SIGSYS");
    const size_t lives = test::countIn(before, "eventd-" + program + " serves again");
    const pid_t victim = stage.group().childPid("eventd-" + program);
    const Outcome outcome = stage.attempt(program, row.attempt);
    if (expected == "killed") {
        checkKilled(stage, program, outcome, seen, lives);
    } else if (expected == "refused") {
        CHECK_FALSE(outcome.died);
        CHECK(outcome.error > 0);
    } else if (expected == "allowed") {
        CHECK_FALSE(outcome.died);
        CHECK(outcome.error == 0);
    } else {
        CHECK(expected == "outlived");  // whatever it does to itself, the rest goes on
        CHECK((outcome.died || outcome.error >= 0));
    }
    const int64_t took = stage.askMs();
    CHECK(took >= 0);
    CHECK(took < kAnswerMs);
    // It may have died of it behind its answer, and is looked at when another answer is there.
    if (expected == "outlived" &&
        (outcome.died || stage.group().childPid("eventd-" + program) != victim)) {
        checkDeath(stage, program, lives);
    }
    return outcome.died || expected == "outlived";
}

void attackAll(const std::string& program) {
    auto stage = std::make_unique<Stage>();
    int deaths = 0;
    for (const Row& row : readTable()) {
        if (!provableHere(row, program, stage->group().stderrText())) {
            MESSAGE("not provable here: ", row.attempt);
            continue;
        }
        if (deaths == kDeathsPerGroup) {
            CHECK(stage->group().stop() == 0);
            stage = std::make_unique<Stage>();
            deaths = 0;
        }
        deaths += attemptOne(*stage, row, program) ? 1 : 0;
    }
    CHECK(stage->group().stop() == 0);
}

}  // namespace

TEST_CASE("attack: the table of the threat model has a result for every program") {
    const auto rows = readTable();
    CHECK(rows.size() >= 20);
    for (const Row& row : rows) {
        for (const auto& program : kPrograms) {
            CAPTURE(row.attempt);
            CAPTURE(program);
            REQUIRE(row.results.contains(program));
            const std::string& result = row.results.at(program);
            CHECK((result == "killed" || result == "refused" || result == "allowed" ||
                   result == "outlived"));
        }
    }
}

TEST_CASE("attack: a store that was taken over") {
    attackAll("store");
}

TEST_CASE("attack: a queryd that was taken over") {
    attackAll("queryd");
}

TEST_CASE("attack: an ingest that was taken over") {
    attackAll("ingest");
}

TEST_CASE("attack: a kmesd that was taken over") {
    attackAll("kmesd");
}

TEST_CASE("attack: a collector that was taken over") {
    attackAll("collector");
}

TEST_CASE("attack: a sensor that was taken over") {
    attackAll("sensor");
}

TEST_CASE("attack: what was killed is shown by name in the status") {
    Stage stage;
    CHECK(stage.attempt("ingest", "exec").died);
    checkDeath(stage, "ingest", 0);
    const std::string status = stage.status();
    if (status.find("execve") == std::string::npos) {
        MESSAGE("the kernel's records are closed to us: only the signal is known");
    }
    CHECK(status.find("SIGSYS") != std::string::npos);
    CHECK(stage.group().stop() == 0);
}
