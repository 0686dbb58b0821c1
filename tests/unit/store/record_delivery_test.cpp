// The two ends of RecordIngest together: what the sender sends when (SendQueue), and what the store
// takes when (BatchLane), over a connection that breaks, to a writer whose commits fail, and fail
// only seemingly, and that dies.

#include "collector/ingest/send_queue.h"
#include "store/batch_lane.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace evd::store {
namespace {

// A sender with a queue, a store with a lane, a writer with a database. Calls and answers travel in
// order; what a writer reports is known to the lane only when the report is read.
class Delivery {
  public:
    explicit Delivery(uint32_t seed)
        : random_(seed), on_their_way_max_(1 + seed % 8), queue_(on_their_way_max_) {}

    void add() { queue_.add(added_++, 1); }

    void step(bool is_ending) {
        while (const auto* kept = queue_.startNext()) {
            REQUIRE((on_their_way_.empty() || kept->number > *on_their_way_.rbegin()));
            on_their_way_.insert(kept->number);
            REQUIRE(on_their_way_.size() <= on_their_way_max_);
            calls_.push_back({kept->number, kept->batch});
        }
        switch (random_() % 8) {
            case 0:
            case 1:
            case 2:
                return receive();
            case 3:
            case 4:
                return write(is_ending ? Fate::Stored : anyFate());
            case 5:
                return readReport();
            case 6:
                return answer();
            default:
                return is_ending || random_() % 8 != 0 ? void() : reconnect(random_() % 2 == 0);
        }
    }

    bool isDone() const { return queue_.count() == 0; }
    int added() const { return added_; }
    // How often each batch is in the database.
    const std::map<int, int>& rows() const { return rows_; }

  private:
    enum class Fate { Stored, Refused, InDoubt };
    struct Call {
        uint64_t number;
        int batch;
    };
    struct Taken {
        Call call;
        uint32_t epoch;
    };
    struct Report {
        std::vector<Taken> items;
        bool is_stored;
    };
    struct Answered {
        uint64_t number;
        bool is_stored;
    };

    Fate anyFate() { return std::array{Fate::Stored, Fate::Refused, Fate::InDoubt}[random_() % 3]; }

    void receive() {
        if (calls_.empty()) {
            return;
        }
        const Call call = calls_.front();
        calls_.pop_front();
        switch (lane_.admit(call.number)) {
            case BatchLane::Verdict::Take:
                taken_.push_back({call, lane_.epoch()});
                return;
            case BatchLane::Verdict::AlreadyStored:
                return answers_.push_back({call.number, true});
            case BatchLane::Verdict::ComeAgain:
                return answers_.push_back({call.number, false});
        }
    }

    // One transaction of some of what waits. One in doubt is told to have failed, and is there.
    void write(Fate fate) {
        std::vector<Taken> items;
        const size_t most = 1 + random_() % 4;
        while (!taken_.empty() && items.size() < most) {
            const Taken item = taken_.front();
            taken_.pop_front();
            if (item.epoch <= broken_epoch_) {
                reports_.push_back({{item}, false});
            } else {
                items.push_back(item);
            }
        }
        for (const Taken& item : items) {
            if (fate != Fate::Refused && item.call.number > last_in_database_) {
                ++rows_[item.call.batch];
                last_in_database_ = item.call.number;
            }
            if (fate != Fate::Stored) {
                broken_epoch_ = std::max(broken_epoch_, item.epoch);
            }
        }
        if (!items.empty()) {
            reports_.push_back({std::move(items), fate == Fate::Stored});
        }
    }

    void readReport() {
        if (reports_.empty()) {
            return;
        }
        for (const Taken& item : reports_.front().items) {
            if (reports_.front().is_stored) {
                lane_.committed(item.call.number);
            } else {
                lane_.failed(item.call.number, item.epoch);
            }
            answers_.push_back({item.call.number, reports_.front().is_stored});
        }
        reports_.pop_front();
    }

    void answer() {
        if (answers_.empty()) {
            return;
        }
        const Answered next = answers_.front();
        answers_.pop_front();
        on_their_way_.erase(next.number);
        if (next.is_stored) {
            queue_.finish(next.number);
        } else {
            queue_.postpone(next.number);
        }
    }

    // The store finishes what it has taken before it answers the hello, unless it died: then the
    // next one knows what the database says, or nothing yet when it could not be read.
    void reconnect(bool has_died) {
        calls_.clear();
        if (has_died) {
            taken_.clear();
            reports_.clear();
            broken_epoch_ = 0;
            lane_ = BatchLane(random_() % 2 == 0 ? last_in_database_ : 0);
        } else {
            while (!taken_.empty()) {
                write(Fate::Stored);
            }
            while (!reports_.empty()) {
                readReport();
            }
            lane_ = BatchLane(lane_.lastStored(), lane_.epoch());
        }
        answers_.clear();
        on_their_way_.clear();
        queue_.disconnect();
        while (const uint64_t known = queue_.storedThrough(lane_.lastStored())) {
            queue_.finish(known);
        }
    }

    std::mt19937 random_;
    const size_t on_their_way_max_;
    collector::SendQueue<int> queue_;
    int added_ = 0;
    std::set<uint64_t> on_their_way_;  // sent and not answered
    std::deque<Call> calls_;
    BatchLane lane_;
    std::deque<Taken> taken_;
    uint32_t broken_epoch_ = 0;
    std::deque<Report> reports_;
    std::deque<Answered> answers_;
    uint64_t last_in_database_ = 0;
    std::map<int, int> rows_;
};

}  // namespace

TEST_CASE("record delivery: whatever fails, and seems to, each batch is stored once") {
    constexpr int kRuns = 500;
    constexpr int kSteps = 600;
    constexpr int kStepsMax = 100'000;
    const uint32_t seed = std::random_device{}();
    CAPTURE(seed);
    for (int run = 0; run < kRuns; ++run) {
        CAPTURE(run);
        Delivery delivery(seed + static_cast<uint32_t>(run));
        for (int step = 0; step < kSteps; ++step) {
            if (step % 3 == 0) {
                delivery.add();
            }
            delivery.step(/*is_ending=*/false);
        }
        for (int step = 0; step < kStepsMax && !delivery.isDone(); ++step) {
            delivery.step(/*is_ending=*/true);
        }
        REQUIRE(delivery.isDone());
        REQUIRE(delivery.rows().size() == static_cast<size_t>(delivery.added()));
        for (const auto& [batch, times] : delivery.rows()) {
            CAPTURE(batch);
            REQUIRE(times == 1);
        }
    }
}

}  // namespace evd::store
