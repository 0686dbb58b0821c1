#include "queryd/client/query_client.h"

#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/wire/frame.h"
#include "common/wire/msgpack.h"
#include "queryd/client/response_message.h"

#include <sys/socket.h>
#include <cerrno>
#include <utility>
#include <vector>

namespace evd::queryd {

namespace {

using base::ErrorKind;

std::vector<uint8_t> requestFrame(std::string_view query, const AskOptions& options) {
    std::vector<uint8_t> out;
    const size_t opened_at = wire::openFrame(out);
    wire::MsgpackWriter writer(out);
    writer.mapHeader(2 + (options.limit_ms == 0 ? 0 : 1) + (options.explain ? 1 : 0));
    writer.text("query");
    writer.text(query);
    writer.text("watch");
    writer.boolean(options.watch);
    if (options.limit_ms != 0) {
        writer.text("limit_ms");
        writer.unsignedInteger(options.limit_ms);
    }
    if (options.explain) {
        writer.text("explain");
        writer.boolean(true);
    }
    wire::closeFrame(out, opened_at);
    return out;
}

class QueryClient final : public QueryChannel {
  public:
    explicit QueryClient(base::Fd connection)
        : connection_(std::move(connection)), decoder_(kResponseFrameBytesMax) {}

    base::Result<void> ask(std::string_view query, const AskOptions& options,
                           AnswerReader& reader) override {
        send(requestFrame(query, options));
        while (true) {
            auto body = decoder_.next();
            if (!body.ok()) {
                return base::fail(ErrorKind::Corrupt, body.error().text);
            }
            if (!body.value()) {
                EVD_TRY(receive());
                continue;
            }
            const auto ended = take(*body.value(), reader);
            if (!ended.ok()) {
                return ended.error();
            }
            if (ended.value()) {
                return {};
            }
        }
    }

  private:
    // A server that refuses may close before it has read everything; its reason can still be read,
    // so a failed send is no reason to give up.
    void send(const std::vector<uint8_t>& frame) {
        size_t done = 0;
        while (done < frame.size()) {
            const ssize_t sent =
                ::send(connection_.get(), frame.data() + done, frame.size() - done, MSG_NOSIGNAL);
            if (sent < 0 && errno != EINTR) {
                return;
            }
            done += sent > 0 ? static_cast<size_t>(sent) : 0;
        }
    }

    base::Result<void> receive() {
        const auto room = decoder_.room();
        const ssize_t received = ::recv(connection_.get(), room.data(), room.size(), 0);
        if (received > 0) {
            decoder_.received(static_cast<size_t>(received));
        } else if (received == 0 || errno != EINTR) {
            return base::fail(ErrorKind::Gone,
                              "the server closed the connection before the answer was complete");
        }
        return {};
    }

    // True at the end of the answer.
    static base::Result<bool> take(std::span<const uint8_t> body, AnswerReader& reader) {
        const auto message = parseResponse(body);
        if (!message.ok()) {
            return message.error();
        }
        switch (message.value().status) {
            case ResponseStatus::Ok:
                for (const auto record : message.value().records) {
                    EVD_TRY(reader.record(record));
                }
                EVD_TRY(reader.burstComplete());
                return false;
            case ResponseStatus::Watch:
                EVD_TRY(reader.initialComplete());
                return false;
            case ResponseStatus::End:
                return true;
            case ResponseStatus::Error:
                return base::fail(ErrorKind::Invalid, message.value().error);
        }
        return true;
    }

    base::Fd connection_;
    wire::FrameDecoder decoder_;
};

}  // namespace

std::unique_ptr<QueryChannel> makeQueryClient(base::Fd connection) {
    return std::make_unique<QueryClient>(std::move(connection));
}

base::Result<std::unique_ptr<QueryChannel>> connectQueryClient(const std::string& socket_path) {
    auto connection = base::connectUnix(socket_path, SOCK_STREAM);
    if (!connection.ok()) {
        return connection.error();
    }
    return makeQueryClient(std::move(connection).value());
}

}  // namespace evd::queryd
