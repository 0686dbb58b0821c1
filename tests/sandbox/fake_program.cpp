// A stand-in for every program of the group, for tests of the supervisor. Which one it is follows
// from the name it is started by; what it does wrong, from a file in $EVD_FAKE_FOLDER:
//
//    <name>.refuse   start is answered with an error
//    <name>.crash    start ends the process
//    <name>.hang     start is never answered
//    <name>.wait     start makes <name>.waits; answered when its edge to the store is replaced
//    <name>.stuck    drain is never answered
//    <name>.lock     the event loop waits for ever at the next heartbeat, as in a deadlock
//    <name>.spin     the event loop runs in circles from the next heartbeat on
//    <name>.torn     measures say that there is no connection to the store
//    <name>.segv     the next heartbeat is answered by death, after two lines on stderr
//    <name>.reject   it counts what only the report may show
//
// Its measures count what it was given: "fd.<name>" descriptors, "peer.<name>" greetings read from
// the other end of an edge, "beats" heartbeats, and "setting" is MaxBatchSize. kmesd parks one
// descriptor at its first start and measures at later ones whether it got it back.

#include "common/base/log.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/ipc/program_service.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <map>

namespace {

namespace base = evd::base;
namespace config = evd::config;
namespace ipc = evd::ipc;
namespace wire = evd::wire;

class FakeProgram final : public ipc::Program {
  public:
    explicit FakeProgram(std::string name) : name_(std::move(name)) {}

    kj::Promise<std::vector<wire::ResumePoint>> start(ipc::StartParams params,
                                                      ipc::SupervisorLink& supervisor,
                                                      kj::AsyncIoContext&) override {
        if (told("refuse")) {
            ipc::throwError(base::fail(base::ErrorKind::Io, "told to refuse"));
        }
        if (told("crash")) {
            ::_exit(9);
        }
        if (told("hang")) {
            return kj::NEVER_DONE;
        }
        if (told("wait")) {
            auto pair = kj::newPromiseAndFulfiller<std::vector<wire::ResumePoint>>();
            waiting_ = kj::mv(pair.fulfiller);
            const base::Fd said(
                ::open(noteOf("waits").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
            return kj::mv(pair.promise);
        }
        supervisor_ = &supervisor;
        counts_["setting"] = static_cast<int64_t>(params.settings.number("MaxBatchSize"));
        counts_["restart"] = params.restart ? 1 : 0;
        counts_["resume"] = static_cast<int64_t>(params.resume.size());
        std::vector<wire::ResumePoint> resume;
        if (name_ == "eventd-store") {
            resume.push_back({0, 7});
        }
        if (name_ != "eventd-kmesd" || counts_.contains("fd.ring.0")) {
            return resume;
        }
        return supervisor.park("ring.0", base::Fd(::memfd_create("ring", MFD_CLOEXEC)))
            .then([resume]() { return resume; });
    }

    void takeFd(std::string name, base::Fd fd) override {
        ++counts_["fd." + name];
        const bool edge =
            name == "collector" || name == "ingest" || name == "store" || name.starts_with("kmes");
        if (edge && name != "kmes-listen") {
            (void)::send(fd.get(), "hello", 5, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
        if (name == "store" && waiting_.get() != nullptr) {
            waiting_->fulfill({});
        }
        fds_.insert_or_assign(std::move(name), std::move(fd));
    }

    void configure(const config::Settings& settings) override {
        counts_["setting"] = static_cast<int64_t>(settings.number("MaxBatchSize"));
    }

    kj::Promise<void> drain() override {
        if (told("stuck")) {
            return kj::NEVER_DONE;
        }
        return kj::READY_NOW;
    }

    std::vector<wire::Measure> measures() override {
        misbehave();
        ++counts_["beats"];
        if (told("torn")) {
            counts_["store_connected"] = 0;
        }
        if (told("reject")) {
            counts_["reject.fake"] = 1;
        }
        for (const auto& [name, fd] : fds_) {
            char greeting[8];
            if (::recv(fd.get(), greeting, sizeof(greeting), MSG_DONTWAIT) > 0) {
                ++counts_["peer." + name];
            }
        }
        std::vector<wire::Measure> all;
        for (const auto& [name, count] : counts_) {
            all.push_back({name, count});
        }
        return all;
    }

  private:
    void misbehave() const {
        while (told("lock")) {
            (void)::pause();
        }
        while (told("spin")) {
        }
        if (told("segv")) {
            base::logError("first of the last words");
            base::logError("second of the last words");
            (void)::raise(SIGSEGV);
        }
    }

    std::string noteOf(const char* what) const {
        const char* folder = std::getenv("EVD_FAKE_FOLDER");
        return folder == nullptr ? "" : base::cat(folder, "/", name_, ".", what);
    }
    bool told(const char* what) const { return ::access(noteOf(what).c_str(), F_OK) == 0; }

    std::string name_;
    std::map<std::string, base::Fd> fds_;
    std::map<std::string, int64_t> counts_;
    ipc::SupervisorLink* supervisor_ = nullptr;
    kj::Own<kj::PromiseFulfiller<std::vector<wire::ResumePoint>>> waiting_;
};

}  // namespace

int main(int, char** arguments) {
    base::setLogName(arguments[0]);
    FakeProgram program(arguments[0]);
    return ipc::runProgram(program);
}
