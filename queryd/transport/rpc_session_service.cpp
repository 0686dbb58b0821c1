// A query over RPC: the question is started with an RpcAnswer; query() returns when its text has
// been understood, or fails with the sentence that says why not. From then on a pump on the loop
// takes lots of records out of the outbox and sends them to the client's sink, each send waiting
// for the flow control's leave. The pump belongs to the RunningQuery object, so dropping that ends
// everything.

#include "queryd/transport/rpc_session_service.h"

#include "common/base/text.h"
#include "common/ipc/convert.h"
#include "common/ipc/errors.h"
#include "common/wire/msgpack.h"
#include "queryd/transport/rpc_answer_service.h"
#include "queryd/transport/rpc_outbox_service.h"
#include "queryd/transport/value_writer_service.h"

#include <kj/debug.h>
#include <utility>

namespace evd::queryd {

namespace {

using Item = RpcOutbox::Item;
using Kind = RpcOutbox::Kind;

// The message is for a person and travels without the mark of our error kinds (capnp/query.capnp).
[[noreturn]] void throwPlain(const std::string& text) {
    kj::throwFatalException(kj::Exception(kj::Exception::Type::FAILED, __FILE__, __LINE__,
                                          kj::heapString(text.data(), text.size())));
}

class RunningQueryService final : public schema::RunningQuery::Server {
  public:
    RunningQueryService(std::shared_ptr<RpcOutbox> outbox, schema::ResultSink::Client sink,
                        const RpcSessionParts& parts, std::shared_ptr<size_t> held)
        : outbox_(std::move(outbox)),
          sink_(kj::mv(sink)),
          timer_(parts.timer),
          send_deadline_(parts.limits.send_deadline_ms * kj::MILLISECONDS),
          activity_(parts.activity),
          held_(std::move(held)) {
        ++*held_;
    }
    ~RunningQueryService() noexcept(false) {
        stop();
        endActivity();
        --*held_;
    }

    void watchOver(std::shared_ptr<QuestionControl> control) { control_ = std::move(control); }

    void startPump() {
        active_ = true;
        activity_.began();
        pump_ = pumpNext()
                    .then([this]() { endActivity(); })
                    .eagerlyEvaluate([this](kj::Exception&& exception) {
                        // A passed deadline is an overload to kj.
                        cut(exception.getType() == kj::Exception::Type::OVERLOADED
                                ? "the query was ended because its client reads too slowly"
                                : "a record is too large for the rpc socket; ask over the query "
                                  "socket");
                    });
    }

  private:
    kj::Promise<void> pumpNext() {
        return outbox_->next().then([this](Item item) { return pass(std::move(item)); });
    }

    kj::Promise<void> pass(Item item) {
        switch (item.kind) {
            case Kind::Accepted:
                return pumpNext();
            case Kind::Records:
                return guarded(sendRecords(item)).then([this]() { return pumpNext(); });
            case Kind::Watch:
                return guarded(sink_.watchRequest().send().ignoreResult()).then([this]() {
                    return pumpNext();
                });
            case Kind::Finished:
                return guarded(sendOutcome(item));
        }
        return kj::READY_NOW;
    }

    // A client that does not acknowledge in time has its question ended, with a last word.
    kj::Promise<void> guarded(kj::Promise<void> sent) {
        return timer_.timeoutAfter(send_deadline_, kj::mv(sent));
    }

    kj::Promise<void> sendRecords(const Item& item) {
        auto request = sink_.recordsRequest();
        auto out = request.initRecords(item.count);
        wire::MsgpackReader reader(item.records);
        const std::span<const uint8_t> all(item.records);
        for (unsigned i = 0; i < item.count; ++i) {
            const size_t from = reader.offset();
            ipc::okOrThrow(reader.skip(wire::kMsgpackDepthMax + 1));
            ipc::okOrThrow(writeRecord(all.subspan(from, reader.offset() - from), out[i]));
        }
        return request.send();
    }

    kj::Promise<void> sendOutcome(const Item& item) {
        if (item.failed) {
            return sendFailed(item.error);
        }
        return item.streaming ? kj::Promise<void>(kj::READY_NOW)
                              : sink_.endRequest().send().ignoreResult();
    }

    kj::Promise<void> sendFailed(const std::string& text) {
        auto request = sink_.failedRequest();
        request.setError(text.c_str());
        return request.send().ignoreResult();
    }

    void cut(const std::string& reason) {
        stop();
        endActivity();
        last_word_ = sendFailed(reason).eagerlyEvaluate([](kj::Exception&&) {});
    }

    void endActivity() {
        if (std::exchange(active_, false)) {
            activity_.ended();
        }
    }

    void stop() {
        if (control_) {
            control_->cancelled = true;
        }
        outbox_->abandon();
    }

    // Shared with the question's thread: either side may be gone first.
    std::shared_ptr<RpcOutbox> outbox_;
    std::shared_ptr<QuestionControl> control_;
    schema::ResultSink::Client sink_;
    kj::Timer& timer_;
    kj::Duration send_deadline_;
    RpcActivity& activity_;
    bool active_ = false;
    std::shared_ptr<size_t> held_;  // counts the objects of one connection
    kj::Promise<void> pump_ = nullptr;
    kj::Promise<void> last_word_ = nullptr;
};

class SessionService final : public schema::Session::Server {
  public:
    SessionService(Caller caller, RpcSessionParts parts)
        : caller_(std::move(caller)), parts_(parts) {}

    kj::Promise<void> query(QueryContext context) override {
        return start(context, /*explain=*/false);
    }

    kj::Promise<void> explain(ExplainContext context) override {
        return start(context, /*explain=*/true);
    }

    kj::Promise<void> status(StatusContext context) override {
        if (!caller_.system && !caller_.administrator) {
            ipc::throwError(base::fail(base::ErrorKind::Denied,
                                       "only SYSTEM and Administrators may see the status"));
        }
        return parts_.group_status().then(
            [this, context](std::vector<wire::ProcessStatus> processes) mutable {
                auto results = context.getResults();
                auto out = results.initProcesses(static_cast<unsigned>(processes.size()));
                for (unsigned i = 0; i < out.size(); ++i) {
                    ipc::writeProcess(processes[i], out[i]);
                }
                const auto counts = parts_.runner.counts();
                results.setQueriesRunning(counts.running);
                results.setQueriesStreaming(counts.streaming);
            });
    }

  private:
    // Both take the same and answer the same; only their types differ.
    template <typename Context>
    kj::Promise<void> start(Context context, bool explain) {
        const auto params = context.getParams();
        const auto text = params.getText();
        checkQuery(text.size());
        auto outbox = std::make_shared<RpcOutbox>();
        auto service = kj::heap<RunningQueryService>(outbox, params.getSink(), parts_, held_);
        Question question{caller_, std::string(text.begin(), text.size()),
                          params.getOptions().getTimeoutMs(), explain};
        context.releaseParams();
        RunningQueryService& running = *service;
        schema::RunningQuery::Client client = kj::mv(service);
        running.watchOver(
            parts_.runner.start(std::move(question), std::make_unique<RpcAnswer>(outbox)));
        return outbox->next().then([context, &running, client = kj::mv(client)](Item item) mutable {
            if (item.kind == Kind::Finished) {
                throwPlain(item.error);
            }
            context.getResults().setRunning(kj::mv(client));
            running.startPump();
        });
    }

    void checkQuery(size_t text_bytes) const {
        if (text_bytes > parts_.limits.message_bytes_max) {
            throwPlain(base::cat("a query of ", text_bytes, " bytes; at most ",
                                 parts_.limits.message_bytes_max, " are accepted"));
        }
        if (*held_ >= parts_.limits.questions_per_connection_max) {
            ipc::throwError(base::fail(base::ErrorKind::Busy,
                                       "this connection holds too many queries; drop some first"));
        }
    }

    Caller caller_;
    RpcSessionParts parts_;
    std::shared_ptr<size_t> held_ = std::make_shared<size_t>(0);  // shared with what it counts
};

}  // namespace

schema::Session::Client makeRpcSession(Caller caller, RpcSessionParts parts) {
    return kj::heap<SessionService>(std::move(caller), parts);
}

}  // namespace evd::queryd
