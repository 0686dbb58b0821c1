#include "common/ipc/notice.h"

#include <capnp/message.h>
#include <capnp/notices.capnp.h>
#include <capnp/serialize.h>
#include <array>
#include <cstring>
#include <optional>

namespace evd::ipc {

namespace {

using Store = wire::CommitNotice::Store;

schema::CommitNotice::Store toSchema(Store store) {
    switch (store) {
        case Store::Events:
            return schema::CommitNotice::Store::EVENTS;
        case Store::Logs:
            return schema::CommitNotice::Store::LOGS;
        case Store::Metrics:
            return schema::CommitNotice::Store::METRICS;
    }
    return schema::CommitNotice::Store::EVENTS;
}

// An enumerator that a newer store sends is a number we have no name for.
std::optional<Store> fromSchema(schema::CommitNotice::Store store) {
    switch (store) {
        case schema::CommitNotice::Store::EVENTS:
            return Store::Events;
        case schema::CommitNotice::Store::LOGS:
            return Store::Logs;
        case schema::CommitNotice::Store::METRICS:
            return Store::Metrics;
    }
    return std::nullopt;
}

base::Error invalid(const char* reason) {
    return base::fail(base::ErrorKind::Invalid, reason);
}

base::Result<wire::CommitNotice> readNotice(schema::CommitNotice::Reader reader) {
    const auto store = fromSchema(reader.getStore());
    if (!store) {
        return invalid("a notice of an unknown store");
    }
    wire::CommitNotice notice;
    notice.store = *store;
    notice.shard = reader.getShard();
    notice.first_id = reader.getFirstId();
    notice.last_id = reader.getLastId();
    notice.stable_id = reader.getStableId();
    notice.newest_timestamp_ns = reader.getNewestTimestamp();
    if (notice.first_id < 0 || notice.last_id < notice.first_id || notice.stable_id < 0) {
        return invalid("a notice with impossible ids");
    }
    return notice;
}

}  // namespace

std::vector<uint8_t> encodeCommitNotice(const wire::CommitNotice& notice) {
    // On the stack: who tells of a commit is not the thread that watches for exhaustion.
    std::array<::capnp::word, kNoticeBytesMax / sizeof(::capnp::word)> words_of_message{};
    ::capnp::MallocMessageBuilder message(
        kj::arrayPtr(words_of_message.data(), words_of_message.size()));
    auto root = message.initRoot<schema::CommitNotice>();
    root.setStore(toSchema(notice.store));
    root.setShard(notice.shard);
    root.setFirstId(notice.first_id);
    root.setLastId(notice.last_id);
    root.setStableId(notice.stable_id);
    root.setNewestTimestamp(notice.newest_timestamp_ns);
    const auto words = ::capnp::messageToFlatArray(message);
    const auto bytes = words.asBytes();
    return {bytes.begin(), bytes.end()};
}

base::Result<wire::CommitNotice> decodeCommitNotice(std::span<const uint8_t> bytes) {
    // Aligned memory of our own: a bus message may lie anywhere.
    std::array<::capnp::word, kNoticeBytesMax / sizeof(::capnp::word)> words{};
    if (bytes.empty() || bytes.size() > kNoticeBytesMax ||
        bytes.size() % sizeof(::capnp::word) != 0) {
        return invalid("a notice of an impossible length");
    }
    std::memcpy(words.data(), bytes.data(), bytes.size());
    ::capnp::ReaderOptions options;
    options.traversalLimitInWords = words.size();
    options.nestingLimit = 4;
    try {
        ::capnp::FlatArrayMessageReader message(
            kj::arrayPtr(words.data(), bytes.size() / sizeof(::capnp::word)), options);
        if (message.getEnd() != words.data() + bytes.size() / sizeof(::capnp::word)) {
            return invalid("a notice with bytes behind it");
        }
        return readNotice(message.getRoot<schema::CommitNotice>());
    } catch (const kj::Exception& exception) {
        return base::fail(base::ErrorKind::Invalid,
                          std::string("a malformed notice: ") + exception.getDescription().cStr());
    }
}

}  // namespace evd::ipc
