#include "tests/fault/store_world.h"

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/db/store_files.h"
#include "tests/support/exactly_once.h"

#include <chrono>

namespace evd::test {

namespace {

constexpr std::chrono::seconds kReportWaitMax{20};
constexpr uint64_t kGapNumbers = 3;
constexpr int kFinishStarts = 4;
constexpr int kFinishAttempts = 8;

}  // namespace

// Marks what it answers; the run's bytes live as long as it does.
class StoreWorld::Answer final : public store::RunAnswer {
  public:
    explicit Answer(std::shared_ptr<Sent> sent) : sent_(std::move(sent)) {}
    void give(base::Result<void> outcome) override { sent_->is_durable = outcome.ok(); }

  private:
    std::shared_ptr<Sent> sent_;
};

void StoreWorld::Listener::reportsWaiting() {
    const std::lock_guard lock(mutex_);
    waiting_ = true;
    changed_.notify_all();
}

bool StoreWorld::Listener::wait() {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, kReportWaitMax, [&] { return waiting_; });
    waiting_ = false;
    return came;
}

StoreWorld::StoreWorld(Shape shape) : shape_(shape) {
    boot_.bytes.fill(1);
}

bool StoreWorld::start() {
    kill();
    auto opened = store::EventStore::open(
        {folder(), shape_.shards, {shape_.rows_max, 100 * base::kNsPerMs}, shape_.checkpoint_bytes},
        boot_, clock_, listener_);
    if (!opened) {
        return false;
    }
    store_ = std::move(opened).value();
    if (!store_->attach(shape_.cpus)) {
        store_.reset();
        return false;
    }
    runUntilIdle();
    return true;
}

void StoreWorld::kill() {
    store_.reset();
}

void StoreWorld::shutDown() {
    store_->refuseRuns();
    runUntilIdle();
    store_->queueShutdown();
    runUntilIdle();
    store_->stopWriters();
    store_.reset();
}

void StoreWorld::reboot() {
    EVD_CHECK(store_ == nullptr, "a machine that goes down takes its store with it");
    ++boot_.bytes[0];
    unanswered_.clear();
    rings_.clear();
    emitted_.clear();
}

void StoreWorld::emit(uint16_t cpu) {
    const uint64_t first = emitted_[cpu] + 1;
    const uint64_t last = first + shape_.numbers_per_run - 1;
    const uint64_t missing = first + first % (shape_.numbers_per_run - kGapNumbers);
    emitted_[cpu] = last;
    auto sent = std::make_shared<Sent>(
        Sent{RunSketch(cpu, first, last, {{missing, missing + kGapNumbers - 1, 0, 1}},
                       "fault.event", 80),
             false});
    rings_[cpu].push_back(sent);
    unanswered_[cpu].push_back(std::move(sent));
}

void StoreWorld::rereadRings() {
    for (const auto& [cpu, runs] : rings_) {
        for (const auto& sent : runs) {
            sent->is_durable = false;
        }
    }
    unanswered_ = rings_;
}

void StoreWorld::emitEverywhere(int runs) {
    for (int run = 0; run < runs; ++run) {
        for (uint16_t cpu = 0; cpu < shape_.cpus; ++cpu) {
            emit(cpu);
        }
    }
}

void StoreWorld::deliver() {
    for (auto& [cpu, runs] : unanswered_) {
        for (const auto& sent : runs) {
            store_->write(sent->sketch.run(), std::make_unique<Answer>(sent));
        }
    }
    runUntilIdle();
}

bool StoreWorld::deliverAll(int attempts) {
    for (int attempt = 0; attempt < attempts; ++attempt) {
        deliver();
        bool all = true;
        for (const auto& [cpu, runs] : unanswered_) {
            all = all && runs.empty();
        }
        if (all) {
            return true;
        }
    }
    return false;
}

bool StoreWorld::finish() {
    for (int attempt = 0; attempt < kFinishStarts; ++attempt) {
        if ((isRunning() || start()) && deliverAll(kFinishAttempts)) {
            shutDown();
            return true;
        }
        kill();
    }
    return false;
}

void StoreWorld::runUntilIdle() {
    while (!store_->isIdle()) {
        EVD_CHECK(listener_.wait(), "a store that has work under way says nothing of it");
        store_->pump();
        takeAnswers();
    }
    takeAnswers();
}

// Answers of a cpu come in order: what is durable is durable with all before it.
void StoreWorld::takeAnswers() {
    for (auto& [cpu, runs] : unanswered_) {
        while (!runs.empty() && runs.front()->is_durable) {
            const uint64_t last = runs.front()->sketch.run().last_sequence;
            runs.pop_front();
            heardAnswered(cpu, last);
            if (on_answered) {
                on_answered(cpu, last);
            }
        }
    }
}

uint64_t StoreWorld::answered(uint16_t cpu) const {
    const auto found = answered_.find({boot_, cpu});
    return found == answered_.end() ? 0 : found->second;
}

void StoreWorld::heardAnswered(uint16_t cpu, uint64_t last) {
    uint64_t& known = answered_[{boot_, cpu}];
    known = std::max(known, last);
    auto& runs = unanswered_[cpu];
    while (!runs.empty() && runs.front()->sketch.run().last_sequence <= known) {
        runs.pop_front();
    }
}

void StoreWorld::heardAllAnswered() {
    for (const auto& [cpu, last] : emitted_) {
        heardAnswered(cpu, last);
    }
}

std::string StoreWorld::shardPath(uint16_t shard) const {
    return base::cat(folder(), "/", db::shardFileName(shard));
}

std::vector<std::string> StoreWorld::violations(Expect expect) const {
    ExactlyOnceReport report = checkExactlyOnce(folder(), "fault.event");
    std::vector<std::string> found = std::move(report.violations);
    if (expect == Expect::NothingTwice) {
        // What a damaged file says about earlier boots proves nothing.
        const std::string boot = base::encodeHex(boot_.bytes).substr(0, 8);
        std::erase_if(found, [&](const std::string& text) {
            return !text.starts_with(boot) || text.find("twice") == std::string::npos;
        });
        return found;
    }
    const auto require = [&](const base::Guid& boot, uint16_t cpu, uint64_t last,
                             const char* what) {
        if (report.reach(base::encodeHex(boot.bytes), cpu) < last) {
            found.push_back(base::cat("cpu ", cpu, ": not everything up to ", last, " is there, ",
                                      "which was ", what));
        }
    };
    for (const auto& [line, last] : answered_) {
        require(line.first, line.second, last, "answered");
    }
    if (expect == Expect::Everything) {
        for (const auto& [cpu, last] : emitted_) {
            require(boot_, cpu, last, "emitted");
        }
    }
    return found;
}

int64_t StoreWorld::records(const std::string& type) const {
    const auto report = checkExactlyOnce(folder(), "fault.event");
    const auto found = report.synthetic.find(type);
    return found == report.synthetic.end() ? 0 : found->second;
}

}  // namespace evd::test
