#include "store/control_service.h"

#include "common/base/text.h"
#include "common/ipc/errors.h"
#include "common/ipc/loop_calls.h"

#include <capnp/store_control.capnp.h>
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace evd::store {

namespace {

std::string toString(capnp::Text::Reader text) {
    return {text.begin(), text.size()};
}

class ControlService final : public schema::StoreControl::Server {
  public:
    ControlService(PolicyThread& policy, ControlFigures& figures, const base::Clock& clock,
                   std::function<int64_t()> stable_id, kj::UnixEventPort& port)
        : policy_(policy),
          figures_(figures),
          clock_(clock),
          stable_id_(std::move(stable_id)),
          calls_(port) {}

    kj::Promise<void> countFields(CountFieldsContext context) override {
        const auto fields = context.getParams().getFields();
        if (fields.size() > kFieldsPerReportMax) {
            ipc::throwError(base::fail(base::ErrorKind::Invalid,
                                       base::cat("a report of ", fields.size(), " fields")));
        }
        if (isEarly(last_fields_ns_)) {
            return kj::READY_NOW;
        }
        std::vector<FieldCount> counts;
        for (const auto counted : fields) {
            auto field = indexField(toString(counted.getField()));
            if (field && counted.getQueries() > 0) {
                counts.push_back({std::move(field).value(),
                                  std::min(counted.getQueries(), kQueriesPerFieldMax)});
            } else {
                ++figures_.fields_ignored;
            }
        }
        figures_.fields_counted += counts.size();
        if (!counts.empty()) {
            policy_.count(std::move(counts));
        }
        return kj::READY_NOW;
    }

    kj::Promise<void> countRollups(CountRollupsContext context) override {
        const auto rollups = context.getParams().getRollups();
        if (rollups.size() > kFieldsPerReportMax) {
            ipc::throwError(base::fail(base::ErrorKind::Invalid,
                                       base::cat("a report of ", rollups.size(), " rollups")));
        }
        if (isEarly(last_rollups_ns_)) {
            return kj::READY_NOW;
        }
        std::vector<RollupCount> counts;
        for (const auto counted : rollups) {
            const auto kind = rollupKind(counted.getFunction(), counted.getWindowSeconds());
            if (kind && counted.getQueries() > 0) {
                counts.push_back({*kind, std::min(counted.getQueries(), kQueriesPerFieldMax)});
            } else {
                ++figures_.rollups_ignored;
            }
        }
        figures_.rollups_counted += counts.size();
        if (!counts.empty()) {
            policy_.count(std::move(counts));
        }
        return kj::READY_NOW;
    }

    kj::Promise<void> index(IndexContext context) override {
        auto field = ipc::takeOrThrow(indexField(toString(context.getParams().getField())));
        auto pair = kj::newPromiseAndFulfiller<void>();
        const uint64_t number = ++indexes_asked_;
        unanswered_.emplace(number, kj::mv(pair.fulfiller));
        policy_.askFor(std::move(field),
                       [this, number, loop = calls_.caller()](const base::Result<void>& outcome) {
                           loop.call([this, number, outcome]() { answerIndex(number, outcome); });
                       });
        return kj::mv(pair.promise);
    }

    kj::Promise<void> stableId(StableIdContext context) override {
        context.getResults().setId(stable_id_());
        return kj::READY_NOW;
    }

  private:
    void answerIndex(uint64_t number, const base::Result<void>& outcome) {
        const auto asked = unanswered_.extract(number);
        if (outcome.ok()) {
            asked.mapped()->fulfill();
        } else {
            asked.mapped()->reject(ipc::toException(outcome.error()));
        }
    }

    // Whether a report comes faster than it may; the last one that did not is remembered.
    bool isEarly(std::optional<int64_t>& last_report_ns) {
        const int64_t now_ns = clock_.monotonicNs();
        if (last_report_ns && now_ns - *last_report_ns < kReportIntervalMinNs) {
            ++figures_.reports_early;
            return true;
        }
        last_report_ns = now_ns;
        return false;
    }

    PolicyThread& policy_;
    ControlFigures& figures_;
    const base::Clock& clock_;
    const std::function<int64_t()> stable_id_;
    std::optional<int64_t> last_fields_ns_;
    std::optional<int64_t> last_rollups_ns_;
    uint64_t indexes_asked_ = 0;
    std::map<uint64_t, kj::Own<kj::PromiseFulfiller<void>>> unanswered_;  // by their number
    ipc::LoopCalls calls_;  // last: what is called uses the rest
};

}  // namespace

ControlConnection::ControlConnection(base::Fd socket, PolicyThread& policy, ControlFigures& figures,
                                     const base::Clock& clock, std::function<int64_t()> stable_id,
                                     kj::AsyncIoContext& io)
    : connection_(
          ipc::adoptSocket(std::move(socket), *io.lowLevelProvider),
          kj::heap<ControlService>(policy, figures, clock, std::move(stable_id), io.unixEventPort),
          ipc::kStoreControlDoor) {}

}  // namespace evd::store
