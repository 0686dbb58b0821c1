#include "common/base/text.h"
#include "common/wire/log_record.h"
#include "queryd/evctl/commands.h"
#include "queryd/evctl/log_command.h"
#include "queryd/evctl/metric_command.h"
#include "queryd/evctl/run_command.h"
#include "tests/support/datagram_receiver.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>
#include <csignal>

using evd::base::ErrorKind;
using evd::evctl::Arguments;
using evd::evctl::parseArguments;
using evd::evctl::readMetric;
using evd::test::FakeClock;
using Words = std::vector<std::string>;

namespace {

// A command as it was typed, on sockets of the test's own.
class Desk {
  public:
    explicit Desk(const Words& words)
        : arguments(parseArguments(words).value()),
          logs(folder / "log.sock"),
          metrics(folder / "metric.sock") {}

    evd::test::TemporaryDirectory folder;
    const Arguments arguments;
    evd::test::DatagramReceiver logs;
    evd::test::DatagramReceiver metrics;
    const FakeClock clock;
    evd::evctl::OutputStream output{STDOUT_FILENO};
    evd::config::SocketPaths sockets{"", "", folder / "log.sock", folder / "metric.sock", "", "",
                                     "", ""};
    const evd::evctl::SessionContext context{arguments, sockets, clock, output};
};

std::string record(std::string_view message, bool is_error = false) {
    return evd::base::cat(R"({"is_error":)", is_error, R"(,"message":")", message,
                          R"(","origin":"shop","timestamp":)", FakeClock::kStartWallNs, "}");
}

// A descriptor that gives the text and then ends.
evd::base::Fd inputOf(const evd::test::TemporaryDirectory& folder, const std::string& text) {
    evd::base::Fd file(::open((folder / "input").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    REQUIRE(::lseek(file.get(), 0, SEEK_SET) == 0);
    return file;
}

evd::base::Result<evd::evctl::TypedMetric> metric(const Words& words) {
    Words all = {"metric"};
    all.insert(all.end(), words.begin(), words.end());
    const auto arguments = parseArguments(all);
    REQUIRE(arguments.ok());
    return readMetric(arguments.value());
}

}  // namespace

TEST_CASE("log command: the text is a record, each of its lines one") {
    Desk one({"log", "shop", "sold out", "--error"});
    CHECK(runLog(one.context).ok());
    CHECK(one.logs.receive() == Words{record("sold out", true)});
    Desk two({"log", "shop", "a\nb\n"});
    CHECK(runLog(two.context).ok());
    CHECK(two.logs.receive() == Words{"[" + record("a") + "," + record("b") + "]"});
    Desk nothing({"log", "shop", ""});
    CHECK(runLog(nothing.context).ok());
    CHECK(nothing.logs.receive() == Words{record("")});
}

TEST_CASE("log command: standard input is a record per line, sent in batches") {
    for (const Words& words : {Words{"log", "shop", "-"}, Words{"log", "shop"}}) {
        Desk desk(words);
        const auto input = inputOf(desk.folder, "a\n\nlast");
        CHECK(sendLogLines(desk.context, input.get()).ok());
        // What came with one read goes out together; the line without its end follows.
        CHECK(desk.logs.receive() ==
              Words{"[" + record("a") + "," + record("") + "]", record("last")});
    }
}

TEST_CASE("log command: a receiver that is there and takes nothing is waited for once") {
    Desk desk({"log", "shop"});
    std::string lines;
    for (int i = 0; i < 200; ++i) {
        lines += std::string(20'000, 'x') + '\n';
    }
    const auto input = inputOf(desk.folder, lines);
    const evd::base::SystemClock real;
    const int64_t began_ns = real.monotonicNs();
    const auto sent = sendLogLines(desk.context, input.get());
    const int64_t took_ms = (real.monotonicNs() - began_ns) / evd::base::kNsPerMs;
    REQUIRE_FALSE(sent.ok());
    CHECK(sent.error().kind == ErrorKind::Busy);
    CHECK(sent.error().text.find("the rest was not read") != std::string::npos);
    CHECK(took_ms < 3 * evd::evctl::kSendPatienceMs);
}

TEST_CASE("log command: a bad origin and an absent group are told") {
    Desk empty({"log", "", "x"});
    CHECK(runLog(empty.context).error().kind == ErrorKind::Invalid);
    CHECK_FALSE(evd::evctl::checkOrigin("\xff").ok());
    CHECK(evd::evctl::checkOrigin(std::string(evd::wire::kLogOriginBytesMax, 'o')).ok());
    CHECK_FALSE(evd::evctl::checkOrigin(std::string(evd::wire::kLogOriginBytesMax + 1, 'o')).ok());
    Desk away({"log", "shop", "x"});
    away.sockets.log = away.folder / "nobody";
    CHECK(runLog(away.context).error().text.find("nobody answers") == 0);
}

TEST_CASE("metric command: a record with its labels and the time") {
    Desk desk({"metric", "shop.orders.total", "17", "--type", "counter", "--label", "town=Ulm",
               "--label", "day=1"});
    CHECK(runMetric(desk.context).ok());
    CHECK(desk.metrics.receive() ==
          Words{evd::base::cat(R"({"labels":{"day":"1","town":"Ulm"},"name":"shop.orders.total",)",
                               R"("timestamp":)", FakeClock::kStartWallNs,
                               R"(,"type":"counter","value":17.0})")});
}

TEST_CASE("metric command: numbers of each type, and what the group would drop is refused") {
    CHECK(metric({"a", "-5"}).value().value == -5);
    CHECK(metric({"a", "1e3"}).value().value == 1000);
    CHECK(metric({"a", "0", "--type", "counter"}).ok());
    CHECK(metric({"a", "1", "--label", "k=v"}).value().labels.size() == 1);
    for (const Words& words :
         {Words{"", "1"}, Words{"\xff", "1"}, Words{"a", "x"}, Words{"a", ""}, Words{"a", "1 "},
          Words{"a", "nan"}, Words{"a", "inf"}, Words{"a", "-1", "--type", "counter"},
          Words{"a", "1", "--label", "k"}, Words{"a", "1", "--label", "=v"},
          Words{"a", "1", "--label", "k="}, Words{"a", "1", "--label", "k=a,b"},
          Words{"a", "1", "--label", "name=v"},
          Words{"a", "1", "--label", "k=1", "--label", "k=2"}}) {
        CAPTURE(words.back());
        CHECK(metric(words).error().kind == ErrorKind::Invalid);
    }
}

TEST_CASE("metric command: observations are sorted into buckets, cumulatively") {
    const auto typed = metric({"a", "0.005, 0.3,100", "--type", "histogram"});
    REQUIRE(typed.ok());
    const auto& histogram = typed.value().histogram;
    CHECK(histogram.counts == std::vector<uint64_t>{1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2});
    CHECK(histogram.total_count == 3);
    CHECK(histogram.sum == doctest::Approx(100.305));
    CHECK_FALSE(metric({"a", "1,,2", "--type", "histogram"}).ok());
}

TEST_CASE("metric command: a histogram with buckets of its own is JSON") {
    const auto typed =
        metric({"a", R"({"boundaries": [1, 2.5], "counts": [3, 4], "total_count": 5, "sum": 6})",
                "--type", "histogram"});
    REQUIRE(typed.ok());
    CHECK(typed.value().histogram.boundaries == std::vector<double>{1, 2.5});
    CHECK(typed.value().histogram.total_count == 5);
    for (const char* json :
         {"{", "{}", R"({"boundaries": [2, 1], "counts": [3, 4], "total_count": 5, "sum": 6})",
          R"({"boundaries": [1, 2], "counts": [3], "total_count": 5, "sum": 6})",
          R"({"boundaries": [1, 2], "counts": [3, 4], "total_count": 2, "sum": 6})"}) {
        CAPTURE(json);
        CHECK_FALSE(metric({"a", json, "--type", "histogram"}).ok());
    }
}

TEST_CASE("arguments: commands that send records take their words and options") {
    CHECK_FALSE(parseArguments(Words{"log"}).ok());
    CHECK_FALSE(parseArguments(Words{"log", "a", "b", "c"}).ok());
    CHECK_FALSE(parseArguments(Words{"metric", "a"}).ok());
    CHECK_FALSE(parseArguments(Words{"metric", "a", "1", "--type", "summary"}).ok());
    CHECK_FALSE(parseArguments(Words{"run"}).ok());
    CHECK_FALSE(parseArguments(Words{"run", "--"}).ok());
    const auto run = parseArguments(
        Words{"run", "--origin", "build", "-q", "--", "make", "-j2", "--", "--error"});
    REQUIRE(run.ok());
    CHECK(run.value().words == Words{"make", "-j2", "--", "--error"});
    CHECK(run.value().origin == "build");
    CHECK(run.value().quiet);
    CHECK_FALSE(run.value().is_error);
}

TEST_CASE("run command: it ends with its command, also where ended children are ignored") {
    Desk desk({"run", "--quiet", "false"});
    const auto before = ::signal(SIGCHLD, SIG_IGN);
    const auto status = evd::evctl::runJob(desk.context);
    CHECK((::signal(SIGCHLD, before) == SIG_IGN));  // as it was
    REQUIRE(status.ok());
    CHECK(status.value() == 1);
}

TEST_CASE("run command: records are named after the program") {
    CHECK(evd::evctl::originOf("/usr/bin/make") == "make");
    CHECK(evd::evctl::originOf("make") == "make");
    CHECK(evd::evctl::originOf("folder/") == "folder");
    CHECK(evd::evctl::originOf("/") == "command");
    CHECK(evd::evctl::originOf("\xff") == "\xEF\xBF\xBD");
}

TEST_CASE("commands: what no receiver would take is a mistake in what was typed") {
    using evd::evctl::failureStatus;
    Arguments arguments;
    arguments.command = "metric";
    CHECK(failureStatus(arguments, ErrorKind::Invalid) == evd::evctl::kExitUsage);
    CHECK(failureStatus(arguments, ErrorKind::NotFound) == evd::evctl::kExitFailure);
    arguments.command = "query";
    CHECK(failureStatus(arguments, ErrorKind::Invalid) == evd::evctl::kExitFailure);
}
