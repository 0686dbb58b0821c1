// The policy is judged by what a writer that follows it does. The simulated writer below has costs
// like the real one (quality §7): about 1.4 us a row and half a millisecond a commit.

#include "store/batch_policy.h"

#include <doctest/doctest.h>
#include <algorithm>
#include <cstddef>
#include <functional>
#include <vector>

namespace evd::store {
namespace {

constexpr int64_t kUs = 1'000;
constexpr int64_t kMs = 1'000'000;
constexpr int64_t kSecond = 1'000'000'000;

struct Costs {
    double insert_ns = 1'400;
    int64_t commit_ns = 500 * kUs;
};

struct BatchSeen {
    int64_t at_ns = 0;  // of the end of the commit
    uint64_t rows = 0;
    int64_t age_ns = 0;  // between the first row and the end of the commit
};

// Rows per second as a function of time.
using Rate = std::function<double(int64_t)>;

// A writer in virtual time. Rows arrive in slices of `slice_rows`, wait in a queue without limit,
// and are taken as ShardWriter takes them.
class Simulation {
  public:
    Simulation(Rate rate, uint64_t slice_rows, Costs costs, BatchPolicy::Limits limits = {})
        : rate_(std::move(rate)),
          slice_rows_(slice_rows),
          costs_(costs),
          limits_(limits),
          policy_(limits) {}

    std::vector<BatchSeen> runFor(int64_t duration_ns) {
        std::vector<BatchSeen> seen;
        while (now_ns_ < duration_ns) {
            if (waiting_ < slice_rows_) {
                advance(50 * kUs);
                continue;
            }
            seen.push_back(oneBatch());
        }
        return seen;
    }
    uint64_t waiting() const { return waiting_; }

  private:
    BatchSeen oneBatch() {
        const int64_t begun_ns = now_ns_;
        policy_.begin(begun_ns);
        uint64_t rows = 0;
        int64_t insert_ns = 0;
        while (waiting_ >= slice_rows_ && policy_.fits(rows, slice_rows_)) {
            waiting_ -= slice_rows_;
            rows += slice_rows_;
            const auto cost =
                static_cast<int64_t>(costs_.insert_ns * static_cast<double>(slice_rows_));
            insert_ns += cost;
            advance(cost);
            const uint64_t whole_slices = waiting_ / slice_rows_ * slice_rows_;
            if (policy_.decide(now_ns_, rows, whole_slices) == BatchPolicy::Decision::Commit) {
                break;
            }
        }
        advance(costs_.commit_ns);
        policy_.committed(now_ns_, {rows, waiting_, insert_ns, costs_.commit_ns});
        return {now_ns_, rows, now_ns_ - begun_ns};
    }

    void advance(int64_t duration_ns) {
        arriving_ += rate_(now_ns_) * static_cast<double>(duration_ns) / 1e9;
        now_ns_ += duration_ns;
        const auto whole = static_cast<uint64_t>(arriving_);
        waiting_ += whole;
        arriving_ -= static_cast<double>(whole);
    }

    const Rate rate_;
    const uint64_t slice_rows_;
    const Costs costs_;
    const BatchPolicy::Limits limits_;
    BatchPolicy policy_;
    int64_t now_ns_ = 0;
    uint64_t waiting_ = 0;
    double arriving_ = 0;
};

Rate steady(double rows_per_second) {
    return [=](int64_t) { return rows_per_second; };
}

std::vector<BatchSeen> after(const std::vector<BatchSeen>& seen, int64_t from_ns) {
    std::vector<BatchSeen> late;
    std::copy_if(seen.begin(), seen.end(), std::back_inserter(late),
                 [&](const BatchSeen& batch) { return batch.at_ns >= from_ns; });
    return late;
}

uint64_t largest(const std::vector<BatchSeen>& seen) {
    uint64_t rows = 0;
    for (const BatchSeen& batch : seen) {
        rows = std::max(rows, batch.rows);
    }
    return rows;
}

uint64_t median(const std::vector<BatchSeen>& seen) {
    std::vector<uint64_t> rows;
    for (const BatchSeen& batch : seen) {
        rows.push_back(batch.rows);
    }
    REQUIRE_FALSE(rows.empty());
    std::nth_element(rows.begin(), rows.begin() + static_cast<ptrdiff_t>(rows.size() / 2),
                     rows.end());
    return rows.at(rows.size() / 2);
}

// How often the size jumps by more than the factor from one batch to the next and back again.
size_t reversals(const std::vector<BatchSeen>& seen, double factor) {
    size_t count = 0;
    for (size_t index = 2; index < seen.size(); ++index) {
        const auto a = static_cast<double>(seen[index - 2].rows);
        const auto b = static_cast<double>(seen[index - 1].rows);
        const auto c = static_cast<double>(seen[index].rows);
        count += (b > a * factor && b > c * factor) || (a > b * factor && c > b * factor) ? 1 : 0;
    }
    return count;
}

TEST_CASE("batch policy: one event alone is committed at once") {
    BatchPolicy policy({});
    policy.begin(0);
    CHECK(policy.decide(0, 0, 0) == BatchPolicy::Decision::Continue);
    CHECK(policy.decide(1, 1, 0) == BatchPolicy::Decision::Commit);
}

TEST_CASE("batch policy: a batch never grows beyond MaxBatchSize") {
    const BatchPolicy policy({.rows_max = 100, .latency_ns_max = kSecond});
    CHECK(policy.fits(99, 1));
    CHECK_FALSE(policy.fits(99, 2));
    CHECK_FALSE(policy.fits(100, 1));
    CHECK(policy.fits(0, 1000));
    CHECK(policy.decide(0, 99, 1000) == BatchPolicy::Decision::Continue);
    CHECK(policy.decide(0, 100, 1000) == BatchPolicy::Decision::Commit);
}

TEST_CASE("batch policy: a batch is committed when it is as old as MaxBatchLatencyMs") {
    BatchPolicy policy({.rows_max = 10'000, .latency_ns_max = 10 * kMs});
    policy.begin(5 * kMs);
    CHECK(policy.decide(15 * kMs - 1, 10, 9'000) == BatchPolicy::Decision::Continue);
    CHECK(policy.decide(15 * kMs, 10, 9'000) == BatchPolicy::Decision::Commit);
}

TEST_CASE("batch policy: at light load every event is durable within a commit or two") {
    const auto seen = Simulation(steady(200), 1, {}).runFor(2 * kSecond);
    CHECK(seen.size() > 300);
    CHECK(largest(seen) <= 2);
    for (const BatchSeen& batch : seen) {
        CHECK(batch.age_ns < 2 * kMs);
    }
}

TEST_CASE("batch policy: at steady load batches are of one size and the queue does not grow") {
    for (const double rate : {5'000.0, 20'000.0, 100'000.0, 300'000.0, 500'000.0}) {
        CAPTURE(rate);
        Simulation simulation(steady(rate), 10, {});
        const auto late = after(simulation.runFor(4 * kSecond), kSecond);
        CHECK(simulation.waiting() < 4'000);
        CHECK(reversals(late, 4) * 50 <= late.size());
        CHECK(static_cast<double>(largest(late)) <= 4.0 * static_cast<double>(median(late)) + 40);
        CHECK(largest(late) <= 10'000);
    }
}

TEST_CASE("batch policy: beyond what can be inserted batches are as large as allowed") {
    Simulation simulation(steady(1'000'000), 100, {});
    const auto late = after(simulation.runFor(2 * kSecond), kSecond);
    CHECK(median(late) == 10'000);
}

TEST_CASE("batch policy: a slow disk gets larger batches, a fast one smaller") {
    const auto slow = after(
        Simulation(steady(100'000), 10, {.commit_ns = 10 * kMs}).runFor(4 * kSecond), kSecond);
    const auto fast = after(
        Simulation(steady(100'000), 10, {.commit_ns = 100 * kUs}).runFor(4 * kSecond), kSecond);
    CHECK(median(slow) > 20 * median(fast));
}

TEST_CASE("batch policy: bursts out of silence are drained and do not make the size swing") {
    // 10 ms of 400,000/s ten times a second, 2,000/s between.
    const Rate bursts = [](int64_t now_ns) {
        return now_ns % (100 * kMs) < 10 * kMs ? 400'000.0 : 2'000.0;
    };
    Simulation simulation(bursts, 10, {});
    const auto late = after(simulation.runFor(5 * kSecond), kSecond);
    CHECK(simulation.waiting() < 4'000);
    CHECK(reversals(late, 8) * 50 <= late.size());
    for (const BatchSeen& batch : late) {
        CHECK(batch.age_ns < 100 * kMs);
    }
}

TEST_CASE("batch policy: a sawtooth load is followed without oscillation") {
    const Rate sawtooth = [](int64_t now_ns) {
        return 1'000.0 + 400'000.0 * static_cast<double>(now_ns % kSecond) / kSecond;
    };
    Simulation simulation(sawtooth, 10, {});
    const auto late = after(simulation.runFor(5 * kSecond), kSecond);
    CHECK(simulation.waiting() < 4'000);
    CHECK(reversals(late, 4) * 50 <= late.size());
}

TEST_CASE("batch policy: the target moves by bounded steps") {
    BatchPolicy policy({});
    uint64_t before = policy.targetRows();
    int64_t now_ns = 0;
    for (int batch = 0; batch < 200; ++batch) {
        now_ns += 10 * kMs;
        const uint64_t rows = batch % 2 == 0 ? 10'000 : 1;
        policy.committed(now_ns, {rows, 0, static_cast<int64_t>(rows) * 900, 5 * kMs});
        const uint64_t target = policy.targetRows();
        CHECK(static_cast<double>(target) <=
              static_cast<double>(before) * BatchPolicy::kGrowth + 2);
        CHECK(static_cast<double>(target) >=
              static_cast<double>(before) * BatchPolicy::kShrink - 1);
        before = target;
    }
}

TEST_CASE("batch policy: new limits hold for the next decision") {
    BatchPolicy policy({.rows_max = 10'000, .latency_ns_max = kSecond});
    policy.begin(0);
    CHECK(policy.decide(0, 500, 9'000) == BatchPolicy::Decision::Continue);
    policy.setLimits({.rows_max = 500, .latency_ns_max = kSecond});
    CHECK(policy.decide(0, 500, 9'000) == BatchPolicy::Decision::Commit);
}

}  // namespace
}  // namespace evd::store
