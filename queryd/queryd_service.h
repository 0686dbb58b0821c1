#pragma once

#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/ipc/program_service.h"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace evd::queryd {

// How long a stop lets ordinary queries run on before they are ended too.
inline constexpr int64_t kDrainPatienceMs = 2'000;
// How long the last words to RPC clients may take after that.
inline constexpr int64_t kLastWordsMs = 500;
// Connections that wait, run or speak RPC, and the databases that their queries hold open.
inline constexpr uint64_t kQuerydFdsMax = 16'384;

struct QuerydParts;

// eventd-queryd as its supervisor sees it: answers questions about what is stored, and writes
// nothing.
//
// Born with the listening sockets "query", "rpc" and "notices", the edge "store", which is replaced
// when the store was restarted, and, where kmesd stands in for a kernel, the edge "kmes" that audit
// events go out by, likewise. start() confines the process to
// reading the event store, then makes the parts (QuerydParts) and with them the threads. A drain
// closes the sockets, ends streaming queries with a reason, lets the others finish for a while, and
// takes the parts down while there is an event loop to do it on. Lives on the loop's thread; the
// clock outlives it.
class QuerydService final : public ipc::Program {
  public:
    explicit QuerydService(const base::Clock& clock);
    ~QuerydService() noexcept override;

    kj::Promise<std::vector<wire::ResumePoint>> start(ipc::StartParams params,
                                                      ipc::SupervisorLink& supervisor,
                                                      kj::AsyncIoContext& io) override;
    void takeFd(std::string name, base::Fd fd) override;
    void configure(const config::Settings& settings) override;
    kj::Promise<void> drain() override;
    std::vector<wire::Measure> measures() override;

  private:
    base::Fd giveSocket(const std::string& name);

    const base::Clock& clock_;
    std::map<std::string, base::Fd, std::less<>> sockets_;
    base::Fd early_store_;                // handed over before start
    base::Fd early_kmes_;                 // likewise
    std::unique_ptr<QuerydParts> parts_;  // none before start and after drain
};

}  // namespace evd::queryd
