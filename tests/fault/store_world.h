#pragma once

#include "common/base/clock.h"
#include "common/base/guid.h"
#include "store/event_store.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/store/event_bytes.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace evd::test {

// A store and a collector that keeps its word: what was not answered with "durable" is sent again,
// in order, to this store or to the next one after another hello.
//
// Emits runs of numbers with a gap in each, remembers per boot and cpu up to which number
// everything was answered, and afterwards asks the databases, with plain SQL, whether that is true
// (violations()). The store is driven as its service drives it, without processes. One thread.
class StoreWorld {
  public:
    struct Shape {
        uint16_t shards = 3;
        uint16_t cpus = 2;
        uint64_t rows_max = 60;
        int64_t checkpoint_bytes = 100'000;
        uint64_t numbers_per_run = 25;
    };

    explicit StoreWorld(Shape shape);

    // Looks at the folder and says hello; false when the store cannot. On the same folder again:
    // a restart.
    bool start();
    bool isRunning() const { return store_ != nullptr; }
    // Ends without a word, and as chapter 10 wants it.
    void kill();
    void shutDown();
    // The machine starts anew: what was not answered is gone with the rings.
    void reboot();

    void emit(uint16_t cpu);
    void emitEverywhere(int runs);
    // A collector that starts anew finds all of this boot in the rings, and sends all of it.
    void rereadRings();
    // Sends all that is unanswered, once.
    void deliver();
    // The same until nothing is unanswered; false when it is not after that many times.
    bool deliverAll(int attempts);
    // Starts it if need be, delivers everything and shuts down; false when it cannot be done.
    bool finish();

    // The last number of the cpu in this boot that was answered, with all before it.
    uint64_t answered(uint16_t cpu) const;
    // What another process heard about this boot's answers.
    void heardAnswered(uint16_t cpu, uint64_t last);
    void heardAllAnswered();
    // Called after every answer, with what is answered now.
    std::function<void(uint16_t cpu, uint64_t last)> on_answered;

    // Whether everything emitted in this boot must be there too, besides what was answered; with a
    // lying disk nothing must, but nothing may be there twice.
    enum class Expect { Everything, Answered, NothingTwice };
    std::vector<std::string> violations(Expect expect) const;

    std::string folder() const { return directory_ / "events"; }
    std::string shardPath(uint16_t shard) const;
    // How many synthetic records of the type all databases hold.
    int64_t records(const std::string& type) const;
    store::EventStore& store() { return *store_; }

  private:
    struct Sent {
        RunSketch sketch;
        bool is_durable = false;
    };
    class Listener final : public store::EventStoreListener {
      public:
        void reportsWaiting() override;
        void committed(const wire::CommitNotice&) override {}
        // False when nothing came for long.
        bool wait();

      private:
        std::mutex mutex_;
        std::condition_variable changed_;
        bool waiting_ = false;
    };
    class Answer;
    using Line = std::pair<base::Guid, uint16_t>;

    void runUntilIdle();
    void takeAnswers();

    const Shape shape_;
    const TemporaryDirectory directory_;
    const base::SystemClock clock_;
    Listener listener_;
    base::Guid boot_;
    std::map<uint16_t, std::deque<std::shared_ptr<Sent>>> unanswered_;
    std::map<uint16_t, std::deque<std::shared_ptr<Sent>>> rings_;
    std::map<uint16_t, uint64_t> emitted_;
    std::map<Line, uint64_t> answered_;
    std::unique_ptr<store::EventStore> store_;
};

}  // namespace evd::test
