#include "queryd/client/rpc_client_service.h"

#include "common/base/socket.h"
#include "common/ipc/convert.h"
#include "common/ipc/errors.h"
#include "common/ipc/peer_connection.h"
#include "queryd/client/value_reader_service.h"

#include <capnp/query.capnp.h>
#include <fcntl.h>
#include <kj/async-io.h>
#include <kj/async-unix.h>
#include <sys/socket.h>
#include <optional>
#include <utility>

namespace evd::queryd {

namespace {

// Passes a client's answer on to its reader and tells the waiter when it is over. Errors of the
// reader travel in `outcome`, because nothing of ours may pass through the RPC system. The server
// may hold and call it for longer than the waiter waits; reader and outcome are not touched then.
class SinkService final : public schema::ResultSink::Server {
  public:
    SinkService(AnswerReader& reader, kj::Own<kj::PromiseFulfiller<void>> done,
                base::Result<void>& outcome)
        : reader_(&reader), done_(kj::mv(done)), outcome_(&outcome) {}

    // Once a streaming call has failed the RPC system delivers no further call, not even `failed`;
    // so what goes wrong here must end the waiting here.
    kj::Promise<void> records(RecordsContext context) override {
        const auto failure = kj::runCatchingExceptions([&] { take(context.getParams()); });
        KJ_IF_MAYBE (exception, failure) {
            finish(base::fail(base::ErrorKind::Corrupt, ipc::toError(*exception).text));
        }
        return kj::READY_NOW;
    }

    kj::Promise<void> watch(WatchContext) override {
        if (isWaitedFor()) {
            pass(reader_->initialComplete());
        }
        return kj::READY_NOW;
    }

    kj::Promise<void> end(EndContext) override {
        finish({});
        return kj::READY_NOW;
    }

    kj::Promise<void> failed(FailedContext context) override {
        const auto text = context.getParams().getError();
        finish(base::fail(base::ErrorKind::Invalid, std::string(text.begin(), text.size())));
        return kj::READY_NOW;
    }

  private:
    void take(schema::ResultSink::RecordsParams::Reader params) {
        for (const auto record : params.getRecords()) {
            buffer_.clear();
            if (!isWaitedFor() || !pass(appendRecord(record, buffer_)) ||
                !pass(reader_->record(buffer_))) {
                return;
            }
        }
        if (isWaitedFor()) {
            pass(reader_->burstComplete());
        }
    }

    bool isWaitedFor() { return done_->isWaiting(); }

    bool pass(const base::Result<void>& result) {
        if (!result.ok()) {
            finish(result);
        }
        return result.ok();
    }

    void finish(const base::Result<void>& outcome) {
        if (isWaitedFor()) {
            *outcome_ = outcome;
            done_->fulfill();
        }
    }

    AnswerReader* reader_;
    kj::Own<kj::PromiseFulfiller<void>> done_;
    base::Result<void>* outcome_;
    std::vector<uint8_t> buffer_;
};

class TwoPartyRpcClient final : public RpcClient {
  public:
    explicit TwoPartyRpcClient(base::Fd connection)
        : io_(kj::setupAsyncIo()),
          server_(ipc::adoptSocket(std::move(connection), *io_.lowLevelProvider), ipc::kQueryCaller,
                  [](std::string_view) {}) {}  // the error says it
    ~TwoPartyRpcClient() noexcept override {}  // kj's would be allowed to throw

    base::Result<void> ask(std::string_view query, const AskOptions& options,
                           AnswerReader& reader) override {
        base::Result<void> outcome;
        const auto failure = kj::runCatchingExceptions([&] {
            if (options.explain) {
                askOrThrow(session().explainRequest(), query, options, reader, outcome);
            } else {
                askOrThrow(session().queryRequest(), query, options, reader, outcome);
            }
        });
        KJ_IF_MAYBE (exception, failure) {
            return asked(*exception);
        }
        return outcome;
    }

    base::Result<GroupStatus> status() override {
        std::optional<GroupStatus> status;
        const auto failure = kj::runCatchingExceptions([&] {
            auto response = orInterrupted<capnp::Response<schema::Session::StatusResults>>(
                                session().statusRequest().send())
                                .wait(io_.waitScope);
            status.emplace();
            for (const auto process : response.getProcesses()) {
                status->processes.push_back(ipc::takeOrThrow(ipc::readProcess(process)));
            }
            status->queries_running = response.getQueriesRunning();
            status->queries_streaming = response.getQueriesStreaming();
            for (const auto slow : response.getSlowest()) {
                const auto text = slow.getText();
                status->slowest.push_back(
                    {std::string(text.begin(), text.size()), slow.getTookMs(), slow.getRunning()});
            }
        });
        KJ_IF_MAYBE (exception, failure) {
            return ipc::toError(*exception);
        }
        return std::move(*status);
    }

    void interruptBy(int descriptor) override {
        interrupts_ = nullptr;
        watched_ = base::Fd(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
        if (watched_.valid()) {
            interrupts_ = kj::heap<kj::UnixEventPort::FdObserver>(
                io_.unixEventPort, watched_.get(), kj::UnixEventPort::FdObserver::OBSERVE_READ);
        }
    }

  private:
    template <typename Awaited>
    kj::Promise<Awaited> orInterrupted(kj::Promise<Awaited> promise) {
        if (interrupts_.get() == nullptr) {
            return promise;
        }
        return promise.exclusiveJoin(
            interrupts_->whenBecomesReadable().then([]() -> kj::Promise<Awaited> {
                ipc::throwError(base::fail(base::ErrorKind::Busy, "interrupted"));
            }));
    }

    schema::Session::Client session() { return server_.bootstrap().castAs<schema::Session>(); }

    template <typename Request>
    void askOrThrow(Request request, std::string_view query, const AskOptions& options,
                    AnswerReader& reader, base::Result<void>& outcome) {
        auto done = kj::newPromiseAndFulfiller<void>();
        auto text = request.initText(static_cast<unsigned>(query.size()));
        std::copy(query.begin(), query.end(), text.begin());
        request.initOptions().setTimeoutMs(static_cast<uint32_t>(options.limit_ms));
        request.setSink(kj::heap<SinkService>(reader, kj::mv(done.fulfiller), outcome));
        // Held until the answer is over; dropping it is what cancels.
        using Response = decltype(request.send().wait(io_.waitScope));
        auto response = orInterrupted<Response>(request.send()).wait(io_.waitScope);
        auto lost = server_.onDisconnect().then(
            []() { ipc::throwError(base::fail(base::ErrorKind::Gone, "")); });
        orInterrupted<void>(done.promise.exclusiveJoin(kj::mv(lost))).wait(io_.waitScope);
    }

    static base::Error asked(const kj::Exception& exception) {
        auto error = ipc::toError(exception);
        if (error.kind == base::ErrorKind::Gone) {
            error.text = "the server closed the connection before the answer was complete";
        } else if (error.kind == base::ErrorKind::Io) {
            error.kind = base::ErrorKind::Invalid;  // a sentence about the text (query.capnp)
        }
        return error;
    }

    kj::AsyncIoContext io_;
    base::Fd watched_;  // ours, because it must be open for as long as it is watched
    kj::Own<kj::UnixEventPort::FdObserver> interrupts_;
    ipc::PeerConnection server_;
};

}  // namespace

base::Result<std::unique_ptr<RpcClient>> makeRpcClient(base::Fd connection) {
    std::unique_ptr<RpcClient> client;
    const auto failure = kj::runCatchingExceptions(
        [&] { client = std::make_unique<TwoPartyRpcClient>(std::move(connection)); });
    KJ_IF_MAYBE (exception, failure) {
        return ipc::toError(*exception);
    }
    return client;
}

base::Result<std::unique_ptr<RpcClient>> connectRpcClient(const std::string& socket_path) {
    auto connection = base::connectUnix(socket_path, SOCK_STREAM);
    if (!connection.ok()) {
        return connection.error();
    }
    return makeRpcClient(std::move(connection).value());
}

}  // namespace evd::queryd
