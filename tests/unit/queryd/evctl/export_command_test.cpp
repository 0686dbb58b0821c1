// Exports that are broken off and gone on with, against a scripted server.

#include "queryd/evctl/export_command.h"

#include "common/base/text.h"
#include "queryd/evctl/output/columns.h"
#include "tests/support/fake_clock.h"
#include "tests/support/msgpack_from_hex.h"
#include "tests/support/scripted_query_server.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/text_file.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using evd::base::ErrorKind;
using evd::test::FakeClock;
using evd::test::readTextFile;
using evd::test::ScriptedConversation;
using Words = std::vector<std::string>;

namespace {

constexpr int64_t kHourNs = 3600 * evd::base::kNsPerSecond;

// A record with so many fields beside its time, which is in the first page of questions that go
// back from now; or up from an hour ago.
std::vector<uint8_t> recordWith(uint32_t fields, int64_t time_ns = FakeClock::kStartWallNs - 1) {
    return evd::test::msgpackOf([&](evd::wire::MsgpackWriter& w) {
        w.mapHeader(1 + fields);
        w.text("timestamp");
        w.integer(time_ns);
        for (uint32_t i = 0; i < fields; ++i) {
            w.text(evd::base::cat("field", i));
            w.integer(1);
        }
    });
}

struct Desk {
    // Runs `evctl export --resume place --into out` on a server that answers its first page with
    // the record, and further pages with nothing; or breaks off at the second page.
    evd::base::Result<int> run(const Words& words, const std::vector<uint8_t>& record,
                               bool breaks = false) {
        Words all = {"export", "--into", out, "--resume", place};
        all.insert(all.end(), words.begin(), words.end());
        const auto arguments = evd::evctl::parseArguments(all);
        REQUIRE(arguments.ok());
        size_t pages = 0;
        const evd::test::ScriptedQueryServer server(
            folder / "query.sock", [&](size_t, ScriptedConversation& conversation) {
                const bool is_page = conversation.request().find("UNTIL") != std::string::npos;
                pages += is_page ? 1 : 0;
                if (breaks && pages > 1) {
                    return;
                }
                std::vector<std::vector<uint8_t>> records;
                if (is_page && pages == 1 && !record.empty()) {
                    records.push_back(record);
                }
                conversation.records(records);
                conversation.status("end");
            });
        evd::evctl::OutputStream output(STDOUT_FILENO);
        const evd::config::SocketPaths sockets{folder / "query.sock", "", "", "", "", "", "", ""};
        return evd::evctl::runExport({arguments.value(), sockets, clock, output});
    }
    bool exists(const std::string& name) const {
        return ::access((folder / name).c_str(), F_OK) == 0;
    }

    evd::test::TemporaryDirectory folder;
    std::string out = folder / "out";
    std::string place = folder / "place";
    FakeClock clock;
};

const Words kSamples = {"--to", "otlp-json", "METRIC x[] SINCE 1h ago SELECT timestamp, name"};

}  // namespace

TEST_CASE("export: records that were refused before a break are not forgotten by it") {
    Desk desk;
    const auto broken =
        desk.run(kSamples, recordWith(1, FakeClock::kStartWallNs - kHourNs), /*breaks=*/true);
    CHECK_MESSAGE(broken.error().kind == ErrorKind::Gone, broken.error().text);
    CHECK(broken.error().text.find("the same command goes on") != std::string::npos);
    for (int i = 0; i < 2; ++i) {
        const auto ended = desk.run(kSamples, {});
        REQUIRE_FALSE(ended.ok());
        CHECK(ended.error().kind == ErrorKind::Unsupported);
        CHECK(ended.error().text.find("otlp-json has no place for 1 record") != std::string::npos);
        CHECK(ended.error().text.find(evd::base::cat("remove ", desk.place)) != std::string::npos);
        CHECK_FALSE(desk.exists("out"));
    }
}

TEST_CASE("export: csv with more columns than it can have makes no file, resumed or not") {
    Desk desk;
    const Words question = {"--to", "csv", "LOGS SINCE 1h ago"};
    for (int i = 0; i < 2; ++i) {
        const auto ended = desk.run(question, recordWith(evd::evctl::kCsvColumnsMax));
        REQUIRE_FALSE(ended.ok());
        CHECK(ended.error().kind == ErrorKind::Unsupported);
        CHECK_FALSE(desk.exists("out"));
    }
    Desk other;
    CHECK(other.run(question, recordWith(evd::evctl::kCsvColumnsMax - 1)).ok());
    CHECK(other.exists("out"));
}

TEST_CASE("export: it goes on with its own unfinished file, whoever wrote into the same one") {
    Desk desk;
    const Words question = {"LOGS SINCE 1h ago"};
    CHECK_FALSE(desk.run(question, recordWith(1), /*breaks=*/true).ok());
    evd::test::writeTextFile(desk.out + ".partial", std::string(4096, 'x'));
    REQUIRE(desk.run(question, {}).ok());
    CHECK(readTextFile(desk.out) ==
          evd::base::cat(R"({"field0":1,"timestamp":)", FakeClock::kStartWallNs - 1, "}\n"));
}
