#pragma once

#include "common/base/thread.h"
#include "queryd/exec/query_engine.h"
#include "tests/support/record_list.h"

#include <doctest/doctest.h>
#include <atomic>
#include <memory>
#include <string_view>

namespace evd::test {

// A streaming question on a thread of its own, cancelled and joined at the end.
class RunningStream {
  public:
    RunningStream(queryd::QueryEngine& engine, std::string_view query,
                  queryd::Caller caller = {"", true, false})
        : prepared_(engine.prepare(query).value()) {
        REQUIRE(prepared_->streaming());
        thread_ = std::make_unique<base::Thread>("stream", [this, &engine, caller] {
            queryd::RunOptions options;
            options.caller = caller;
            options.cancelled = &cancelled_;
            outcome_ = engine.run(*prepared_, options, records_);
        });
    }
    ~RunningStream() { (void)stop(); }  // the outcome is for those who ask

    base::Result<void> stop() {
        cancelled_ = true;
        thread_->join();
        return outcome_;
    }
    RecordList& records() { return records_; }

  private:
    std::unique_ptr<queryd::PreparedQuery> prepared_;
    RecordList records_;
    std::atomic<bool> cancelled_{false};
    base::Result<void> outcome_;
    std::unique_ptr<base::Thread> thread_;
};

}  // namespace evd::test
