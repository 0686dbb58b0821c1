#pragma once

#include "common/base/clock.h"
#include "common/base/text.h"
#include "common/db/sqlite.h"
#include "common/db/store_files.h"
#include "store/event_store.h"

#include "tests/support/temporary_directory.h"
#include "tests/unit/store/event_bytes.h"
#include "tests/unit/store/report_loop.h"

#include <doctest/doctest.h>
#include <memory>
#include <string>
#include <vector>

namespace evd::test {

class StoreLoop final : public store::EventStoreListener, public ReportLoop {
  public:
    void reportsWaiting() override { noteReport(); }
    void committed(const wire::CommitNotice& notice) override { noteCommit(notice); }
};

// What a run was answered: "ok", the kind of the error, or "none".
class Answers {
  public:
    std::unique_ptr<store::RunAnswer> next() {
        kinds_.push_back(std::make_unique<std::string>("none"));
        return std::make_unique<One>(*kinds_.back());
    }
    const std::string& at(size_t index) const { return *kinds_.at(index); }
    const std::string& last() const { return *kinds_.back(); }
    size_t count() const { return kinds_.size(); }

  private:
    class One final : public store::RunAnswer {
      public:
        explicit One(std::string& kind) : kind_(kind) {}
        void give(base::Result<void> outcome) override {
            kind_ = outcome.ok() ? "ok" : base::errorKindName(outcome.error().kind);
        }

      private:
        std::string& kind_;
    };
    std::vector<std::unique_ptr<std::string>> kinds_;
};

// A store on a folder of its own, made again as often as a test likes: each reopen() is a restart.
class StoreFixture {
  public:
    explicit StoreFixture(uint16_t shards = 0, uint16_t cpus = 1, uint64_t rows_max = 10'000)
        : shards_(shards), cpus_(cpus), rows_max_(rows_max) {
        boot.bytes.fill(7);
    }

    store::EventStore& open() {
        auto opened = store::EventStore::open(
            {folder(), shards_, {rows_max_, 100 * base::kNsPerMs}, 4'000'000}, boot, clock, loop);
        REQUIRE(opened);
        store_ = std::move(opened).value();
        return *store_;
    }
    store::EventStore& openAndAttach() {
        open();
        REQUIRE(store_->attach(cpus_));
        loop.runUntilIdle(*store_);
        return *store_;
    }
    // Ends the store as a kill would: nothing is said, and nothing that waits is written.
    void kill() { store_.reset(); }
    void shutDown() {
        store_->refuseRuns();
        loop.runUntilIdle(*store_);
        store_->queueShutdown();
        loop.runUntilIdle(*store_);
        store_->stopWriters();
        store_.reset();
    }
    store::EventStore& store() { return *store_; }

    std::string write(const RunSketch& sketch) {
        store_->write(sketch.run(), answers.next());
        loop.runUntilIdle(*store_);
        return answers.last();
    }

    std::string folder() const { return directory_ / "events"; }
    std::string shardPath(uint16_t shard) const {
        return base::cat(folder(), "/", db::shardFileName(shard));
    }
    // One value from one shard, as text.
    std::string ask(uint16_t shard, const std::string& sql) const {
        return askFile(shardPath(shard), sql);
    }
    // The sum of a number over all databases.
    int64_t total(const std::string& sql) const {
        int64_t sum = 0;
        const auto files = db::discoverEventStores(folder());
        REQUIRE(files);
        for (const db::StoreFile& file : files.value()) {
            sum += static_cast<int64_t>(base::parseU64(askFile(file.path, sql)).value());
        }
        return sum;
    }
    int64_t storedEvents() const {
        return total("SELECT count(*) FROM events WHERE sequence IS NOT NULL");
    }
    // A writer of our own, to damage what is there; only while no store has it open.
    void damage(uint16_t shard, const std::string& sql) const {
        auto connection = db::Connection::openForWriting(shardPath(shard));
        REQUIRE(connection);
        REQUIRE(connection.value()->execute(sql));
    }

    base::SystemClock clock;
    StoreLoop loop;
    Answers answers;
    base::Guid boot;

  private:
    const uint16_t shards_;
    const uint16_t cpus_;
    const uint64_t rows_max_;
    TemporaryDirectory directory_;
    std::unique_ptr<store::EventStore> store_;
};

}  // namespace evd::test
