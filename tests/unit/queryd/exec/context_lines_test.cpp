// WITH CONTEXT against a memory budget that is too small for it; what it answers is in logs.case.

#include "queryd/exec/context_lines.h"

#include "common/base/text.h"
#include "queryd/exec/question_trace.h"
#include "queryd/lang/parser.h"
#include "queryd/plan/planner.h"
#include "tests/support/log_store.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <numeric>
#include <string>
#include <vector>

namespace evd::queryd {
namespace {

constexpr int64_t kLines = 3000;

// A log store of kLines lines of one origin, and what is around some of them.
struct Fixture {
    Fixture() {
        std::vector<test::TestLog> lines(kLines);
        for (int64_t i = 0; i < kLines; ++i) {
            lines[static_cast<size_t>(i)].id = i + 1;
            lines[static_cast<size_t>(i)].timestamp = i + 1;
            lines[static_cast<size_t>(i)].message = base::cat("line ", i + 1);
        }
        store.insert(lines);
        struct stat status {};
        REQUIRE(::stat(path.c_str(), &status) == 0);
        file = {path, status.st_dev, status.st_ino};
    }
    base::Result<void> read(const std::vector<int64_t>& hits) {
        return context.read(file, 0, kLines, hits, records);
    }

    test::TemporaryDirectory folder;
    const std::string path = folder / "logs.db";
    test::TestLogStore store{path};
    DatabaseFile file;
    base::SystemClock clock;
    QuestionTrace trace;
    RunControl control{.clock = &clock, .trace = &trace};
    ConnectionCache connections;
    StoreReaders readers{{"", path}, connections, {}, kShareStepBytes};
    RecordPlan plan =
        planQuery(parseQuery("LOGS WITH CONTEXT 1000 SELECT message").value(), 0).value();
    ContextLines context{readers, plan, control};
    std::vector<SortedRecord> records;
};

TEST_CASE("context lines: what the budget refuses is refused at once, and tried no second time") {
    Fixture fixture;
    const auto done = fixture.read({1500});  // 2,001 ids
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().kind == base::ErrorKind::Busy);
    CHECK(done.error().text.find("MaxQueryMemoryBytes") != std::string::npos);
    CHECK(fixture.records.empty());
    const auto reads = fixture.trace.reads();
    REQUIRE(reads.size() == 1);
    CHECK(reads[0].slices == 1);
    CHECK_FALSE(reads[0].left_out);
}

TEST_CASE("context lines: the ids of one database take no memory from the next") {
    Fixture fixture;
    std::vector<int64_t> gone(kShareStepBytes / 64 * 3 / 4);  // retention was quicker
    std::iota(gone.begin(), gone.end(), kLines + 1);
    for (int database = 0; database < 3; ++database) {
        CHECK(fixture.read(gone).ok());
    }
    CHECK(fixture.records.empty());
}

}  // namespace
}  // namespace evd::queryd
