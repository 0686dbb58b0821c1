#pragma once

#include "common/base/clock.h"
#include "common/base/text.h"
#include "queryd/exec/explanation.h"
#include "queryd/exec/query_engine.h"
#include "queryd/stream/counting_signal.h"
#include "tests/support/record_list.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace evd::queryd {

// A folder of shards that a test fills and asks, each time with an engine of its own that has one
// reading thread: the answer, and by which steps it was found.
class AskedFolder {
  public:
    std::string operator/(std::string_view name) const { return folder_ / name; }

    std::vector<std::string> ask(std::string_view text) const {
        return run(text, /*explains=*/false);
    }
    bool hasStep(std::string_view text, std::string_view step) const {
        return std::ranges::any_of(run(text, /*explains=*/true), [step](const std::string& line) {
            return line.find(base::cat('"', step, '"')) != std::string::npos;
        });
    }

  private:
    std::vector<std::string> run(std::string_view text, bool explains) const {
        const base::SystemClock clock;
        CountingSignal signal;
        const auto engine = makeQueryEngine(
            {.event_store_path = folder_.path(), .reader_threads = 1}, clock, signal);
        const auto prepared = engine->prepare(text);
        REQUIRE(prepared.ok());
        RunOptions options;
        options.caller.system = true;
        test::RecordList records;
        const auto done = explains
                              ? explainQuestion(*engine, *prepared.value(), options, clock, records)
                              : engine->run(*prepared.value(), options, records);
        REQUIRE(done.ok());
        return records.lines();
    }

    test::TemporaryDirectory folder_;
};

}  // namespace evd::queryd
