// A query over RPC: the question is started with an RpcAnswer; query() returns when its text has
// been understood, or fails with the sentence that says why not. From then on a pump on the loop
// (RpcDelivery) takes lots of records out of the outbox and sends them to the client's sink, each
// send waiting for the flow control's leave. The pump belongs to the RunningQuery object, so
// dropping that ends everything.

#include "queryd/transport/rpc_session_service.h"

#include "common/base/text.h"
#include "common/ipc/convert.h"
#include "common/ipc/errors.h"
#include "common/wire/msgpack.h"
#include "queryd/transport/rpc_answer_service.h"
#include "queryd/transport/rpc_delivery_service.h"
#include "queryd/transport/rpc_event_store_service.h"
#include "queryd/transport/rpc_outbox_service.h"
#include "queryd/transport/value_writer_service.h"

#include <utility>

namespace evd::queryd {

namespace {

using Item = RpcOutbox::Item;
using Kind = RpcOutbox::Kind;

class ResultRecipient final : public RpcRecipient {
  public:
    explicit ResultRecipient(schema::ResultSink::Client sink) : sink_(kj::mv(sink)) {}

    kj::Promise<void> take(const std::vector<uint8_t>& records, uint32_t count) override {
        auto request = sink_.recordsRequest();
        auto out = request.initRecords(count);
        wire::MsgpackReader reader(records);
        const std::span<const uint8_t> all(records);
        for (unsigned i = 0; i < count; ++i) {
            const size_t from = reader.offset();
            ipc::okOrThrow(reader.skip(wire::kMsgpackDepthMax + 1));
            ipc::okOrThrow(writeRecord(all.subspan(from, reader.offset() - from), out[i]));
        }
        return request.send();
    }
    kj::Promise<void> initialComplete() override {
        return sink_.watchRequest().send().ignoreResult();
    }
    kj::Promise<void> end() override { return sink_.endRequest().send().ignoreResult(); }
    kj::Promise<void> fail(const std::string& error) override {
        auto request = sink_.failedRequest();
        request.setError({error.c_str(), error.size()});
        return request.send().ignoreResult();
    }

  private:
    schema::ResultSink::Client sink_;
};

class RunningQueryService final : public schema::RunningQuery::Server {
  public:
    RunningQueryService(std::shared_ptr<RpcOutbox> outbox, schema::ResultSink::Client sink,
                        const RpcSessionParts& parts, std::shared_ptr<size_t> held)
        : delivery_(std::move(outbox), kj::heap<ResultRecipient>(kj::mv(sink)), parts,
                    std::move(held)) {}

    RpcDelivery& delivery() { return delivery_; }

  private:
    RpcDelivery delivery_;
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

    kj::Promise<void> eventStore(EventStoreContext context) override {
        // Each event is judged when it is read. One for all who ask, so that asking costs nothing.
        if (store_ == nullptr) {
            store_ = std::make_unique<schema::EventStore::Client>(
                makeEventStore(caller_, parts_, held_));
        }
        context.getResults().setStore(*store_);
        return kj::READY_NOW;
    }

    kj::Promise<void> status(StatusContext context) override {
        if (!caller_.system && !caller_.administrator) {
            ipc::throwError(base::fail(base::ErrorKind::Denied,
                                       "only SYSTEM and Administrators may see the status"));
        }
        checkHeld(*held_.status_calls, kStatusCallsPerConnectionMax,
                  "this connection waits for the status too often; take an answer first");
        context.allowCancellation();
        auto asked = parts_.group_status().attach(HeldPlace(held_.status_calls));
        return asked.then([this, context](std::vector<wire::ProcessStatus> processes) mutable {
            auto results = context.getResults();
            auto out = results.initProcesses(static_cast<unsigned>(processes.size()));
            for (unsigned i = 0; i < out.size(); ++i) {
                ipc::writeProcess(processes[i], out[i]);
            }
            const auto counts = parts_.runner.counts();
            results.setQueriesRunning(counts.running);
            results.setQueriesStreaming(counts.streaming);
            const auto slowest = parts_.runner.slowest();
            auto slow = results.initSlowest(static_cast<unsigned>(slowest.size()));
            for (unsigned i = 0; i < slow.size(); ++i) {
                slow[i].setText({slowest[i].text.c_str(), slowest[i].text.size()});
                slow[i].setTookMs(static_cast<uint64_t>(slowest[i].took_ms));
                slow[i].setRunning(slowest[i].running);
            }
        });
    }

  private:
    // Both take the same and answer the same; only their types differ.
    template <typename Context>
    kj::Promise<void> start(Context context, bool explain) {
        const auto params = context.getParams();
        const auto text = params.getText();
        checkQuery(text.size());
        context.allowCancellation();
        auto outbox = std::make_shared<RpcOutbox>(parts_.loop);
        auto service =
            kj::heap<RunningQueryService>(outbox, params.getSink(), parts_, held_.questions);
        Question question{caller_, std::string(text.begin(), text.size()),
                          params.getOptions().getTimeoutMs(), explain};
        context.releaseParams();
        RpcDelivery& delivery = service->delivery();
        schema::RunningQuery::Client client = kj::mv(service);
        delivery.watchOver(
            parts_.runner.start(std::move(question), std::make_unique<RpcAnswer>(outbox)));
        return outbox->next().then(
            [context, &delivery, client = kj::mv(client)](Item item) mutable {
                if (item.kind == Kind::Finished) {
                    throwPlain(item.error);
                }
                context.getResults().setRunning(kj::mv(client));
                delivery.start();
            });
    }

    void checkQuery(size_t text_bytes) const {
        if (text_bytes > parts_.limits.message_bytes_max) {
            throwPlain(base::cat("a query of ", text_bytes, " bytes; at most ",
                                 parts_.limits.message_bytes_max, " are accepted"));
        }
        checkHeldQuestions(held_, parts_.limits);
    }

    Caller caller_;
    RpcSessionParts parts_;
    HeldCounts held_;
    std::unique_ptr<schema::EventStore::Client> store_;
};

}  // namespace

void checkHeld(size_t held, size_t held_max, const std::string& sentence) {
    if (held >= held_max) {
        ipc::throwError(base::fail(base::ErrorKind::Busy, sentence));
    }
}

void checkHeldQuestions(const HeldCounts& held, const RpcLimits& limits) {
    checkHeld(*held.questions, limits.questions_per_connection_max,
              "this connection holds too many queries; drop some first");
}

schema::Session::Client makeRpcSession(Caller caller, RpcSessionParts parts) {
    return kj::heap<SessionService>(std::move(caller), parts);
}

}  // namespace evd::queryd
