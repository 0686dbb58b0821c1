// An ingest, a collector or a queryd that an attacker has replaced from the first instruction on,
// jailed like the real one: it answers its supervisor, and over its edge to the store it says what
// it has no right to say, and at the end what it has, to show that the edge was there. Which of the
// three it is follows from the name it is started by. Each attempt becomes a measure,
// "forged.<program>.<attempt>": 0 taken, 1 refused, 2 the edge was gone.

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "common/ipc/program_service.h"
#include "sandbox/confine.h"

#include <capnp/ingest.capnp.h>
#include <capnp/rpc-twoparty.h>
#include <capnp/store_control.capnp.h>
#include <fcntl.h>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace {

namespace base = evd::base;
namespace config = evd::config;
namespace ipc = evd::ipc;
namespace sandbox = evd::sandbox;
namespace schema = evd::schema;
namespace wire = evd::wire;

constexpr unsigned kSenderBytes = 16;
constexpr uint16_t kCpusTold = 2;
constexpr uint16_t kCpuThatIsNotThere = 4000;
constexpr unsigned kFieldsTooMany = 257;  // and rollups
constexpr unsigned kRecordsTooMany = 100'001;
constexpr unsigned kGapsTooMany = 65'537;

using Attempt = std::pair<std::string, std::function<kj::Promise<void>()>>;

class Forger final : public ipc::Program {
  public:
    explicit Forger(std::string name) : name_(std::move(name)) {}

    kj::Promise<std::vector<wire::ResumePoint>> start(ipc::StartParams,
                                                      ipc::SupervisorLink& supervisor,
                                                      kj::AsyncIoContext& io) override {
        sandbox::Confinement confinement;
        confinement.role = name_ == "eventd-queryd"   ? sandbox::Role::Queryd
                           : name_ == "eventd-ingest" ? sandbox::Role::Ingest
                                                      : sandbox::Role::Collector;
        ipc::okOrThrow(sandbox::confine(confinement));
        supervisor_ = &supervisor;
        stream_ = io.lowLevelProvider->wrapSocketFd(
            store_.release(), kj::LowLevelAsyncIoProvider::TAKE_OWNERSHIP |
                                  kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC);
        connection_ = kj::heap<capnp::TwoPartyClient>(*stream_);
        attempts_ = name_ == "eventd-ingest"   ? asIngest()
                    : name_ == "eventd-queryd" ? asQueryd()
                                               : asCollector();
        // One after the other, beside the answer that the supervisor waits for.
        running_ = tryFrom(0).eagerlyEvaluate([](kj::Exception&& exception) {
            base::logError(base::cat("the forger: ", ipc::toError(exception).text));
        });
        return std::vector<wire::ResumePoint>();
    }

    void takeFd(std::string name, base::Fd fd) override {
        if (name == "store") {
            store_ = std::move(fd);
        } else {
            others_.push_back(std::move(fd));
        }
    }
    void configure(const config::Settings&) override {}
    kj::Promise<void> drain() override { return kj::READY_NOW; }

    std::vector<wire::Measure> measures() override {
        std::vector<wire::Measure> all;
        for (const auto& [attempt, outcome] : outcomes_) {
            all.push_back({base::cat("forged.", name_, ".", attempt), outcome});
        }
        return all;
    }

  private:
    template <typename Interface>
    typename Interface::Client store() {
        return connection_->bootstrap().castAs<Interface>();
    }

    kj::Promise<void> tryFrom(size_t index) {
        if (index == attempts_.size()) {
            outcomes_["done"] = 1;
            base::logInfo("all was tried");
            return kj::READY_NOW;
        }
        const std::string& name = attempts_[index].first;
        return attempts_[index]
            .second()
            .then([this, name] { outcomes_[name] = 0; },
                  [this, name](kj::Exception&& exception) {
                      const bool is_gone = exception.getType() == kj::Exception::Type::DISCONNECTED;
                      outcomes_[name] = is_gone ? 2 : 1;
                  })
            .then([this, index] { return tryFrom(index + 1); });
    }

    // What belongs to another edge of the store.
    Attempt events() {
        return {"events", [this] {
                    auto request = store<schema::EventIngest>().helloRequest();
                    request.setCpuCount(kCpusTold);
                    return request.send().ignoreResult();
                }};
    }
    Attempt records() {
        return {"records", [this] { return helloAs(kSenderBytes); }};
    }
    Attempt index() {
        return {"index", [this] {
                    auto request = store<schema::StoreControl>().indexRequest();
                    request.setField("payload.name");
                    return request.send().ignoreResult();
                }};
    }
    Attempt park() {
        return {"park", [this] {
                    constexpr int kStderr = 2;
                    return supervisor_->park(
                        "ring.0", base::Fd(::fcntl(kStderr, F_DUPFD_CLOEXEC, kStderr + 1)));
                }};
    }
    Attempt groupStatus() {
        return {"status", [this] { return supervisor_->groupStatus().ignoreResult(); }};
    }

    kj::Promise<void> helloAs(unsigned sender_bytes) {
        auto request = store<schema::RecordIngest>().helloRequest();
        request.initSender(sender_bytes);
        return request.send().ignoreResult();
    }

    kj::Promise<void> writeLog(uint64_t batch, const char* origin = "forged") {
        auto request = store<schema::RecordIngest>().writeLogsRequest();
        request.setBatch(batch);
        auto record = request.initRecords(1)[0];
        record.setTimestamp(base::SystemClock().wallNs());
        record.setOrigin(origin);
        record.setMessage("forged");
        return request.send().ignoreResult();
    }

    std::vector<Attempt> asIngest() {
        return {events(),
                index(),
                park(),
                groupStatus(),
                {"log-before-hello", [this] { return writeLog(1); }},
                {"hello-from-somebody", [this] { return helloAs(kSenderBytes); }},
                {"hello-as-another", [this] { return helloAs(kSenderBytes); }},
                {"log-numbered-0", [this] { return writeLog(0); }},
                {"too-many-logs",
                 [this] {
                     auto request = store<schema::RecordIngest>().writeLogsRequest();
                     request.setBatch(1);
                     request.initRecords(kRecordsTooMany);
                     return request.send().ignoreResult();
                 }},
                {"log", [this] { return writeLog(1, "allowed"); }}};
    }

    std::vector<Attempt> asQueryd() {
        return {events(),
                records(),
                park(),
                {"index-of-nothing",
                 [this] {
                     auto request = store<schema::StoreControl>().indexRequest();
                     request.setField("no such'); DROP TABLE events; --");
                     return request.send().ignoreResult();
                 }},
                {"too-many-fields",
                 [this] {
                     auto request = store<schema::StoreControl>().countFieldsRequest();
                     request.initFields(kFieldsTooMany);
                     return request.send().ignoreResult();
                 }},
                {"too-many-rollups",
                 [this] {
                     auto request = store<schema::StoreControl>().countRollupsRequest();
                     request.initRollups(kFieldsTooMany);
                     return request.send().ignoreResult();
                 }},
                {"stable-id", [this] {
                     return store<schema::StoreControl>().stableIdRequest().send().ignoreResult();
                 }}};
    }

    kj::Promise<void> writeRun(uint16_t cpu, uint32_t events, kj::ArrayPtr<const kj::byte> bytes) {
        auto request = sink_.writeRequest();
        auto batch = request.initBatch();
        batch.setCpu(cpu);
        batch.setFirstSequence(1);
        batch.setLastSequence(std::max<uint32_t>(events, 1));
        batch.setEventCount(events);
        batch.setEvents(bytes);
        return request.send().ignoreResult();
    }

    // A receipt for the numbers 1 to 9 whose gaps are not these.
    kj::Promise<void> writeGaps(uint64_t first, uint64_t last, unsigned count) {
        auto request = sink_.writeRequest();
        auto batch = request.initBatch();
        batch.setFirstSequence(1);
        batch.setLastSequence(9);
        for (auto gap : batch.initGaps(count)) {
            gap.setFirstMissing(first);
            gap.setLastMissing(last);
        }
        return request.send().ignoreResult();
    }

    std::vector<Attempt> asCollector() {
        constexpr static kj::byte kNonsense[] = "no event at all, by no means, not even nearly";
        return {
            records(),
            index(),
            park(),
            groupStatus(),
            {"hello",
             [this] {
                 auto request = store<schema::EventIngest>().helloRequest();
                 request.setCpuCount(kCpusTold);
                 return request.send().then([this](auto&& answer) { sink_ = answer.getSink(); });
             }},
            {"hello-again", events().second},
            {"cpu-not-there",
             [this] { return writeRun(kCpuThatIsNotThere, 1, kj::arrayPtr(kNonsense, 45)); }},
            {"nonsense", [this] { return writeRun(0, 1, kj::arrayPtr(kNonsense, 45)); }},
            {"receipt-for-nothing", [this] { return writeRun(1, 0, nullptr); }},
            {"more-than-sent",
             [this] { return writeRun(0, 1'000'000, kj::arrayPtr(kNonsense, 45)); }},
            {"gap-backwards", [this] { return writeGaps(9, 1, 1); }},
            {"gap-elsewhere", [this] { return writeGaps(1'000, 2'000, 1); }},
            {"too-many-gaps", [this] { return writeGaps(1, 1, kGapsTooMany); }},
            {"gap", [this] { return writeGaps(1, 9, 1); }}};
    }

    std::string name_;
    base::Fd store_;
    std::vector<base::Fd> others_;
    ipc::SupervisorLink* supervisor_ = nullptr;
    kj::Own<kj::AsyncIoStream> stream_;
    kj::Own<capnp::TwoPartyClient> connection_;
    schema::EventSink::Client sink_ = nullptr;
    std::vector<Attempt> attempts_;
    std::map<std::string, int64_t> outcomes_;
    kj::Promise<void> running_ = kj::READY_NOW;
};

}  // namespace

int main(int, char** arguments) {
    base::setLogName(arguments[0]);
    Forger program(arguments[0]);
    return ipc::runProgram(program);
}
