#include "queryd/transport/response_frames.h"

#include "common/base/text.h"
#include "common/wire/frame.h"
#include "common/wire/msgpack.h"

namespace evd::queryd {

namespace {

constexpr uint8_t kArray32 = 0xDD;
constexpr size_t kFrameSlackBytes = 4096;  // so that the usual frame never grows its buffer

std::vector<uint8_t> statusFrame(std::string_view status) {
    std::vector<uint8_t> out;
    const size_t opened_at = wire::openFrame(out);
    wire::MsgpackWriter writer(out);
    writer.mapHeader(1);
    writer.text("status");
    writer.text(status);
    wire::closeFrame(out, opened_at);
    return out;
}

}  // namespace

bool RecordFrame::hasRoomFor(size_t record_bytes) const {
    return count_ == 0 || bytes_.size() + record_bytes <= kFrameFillBytes;
}

void RecordFrame::add(std::span<const uint8_t> msgpack_map) {
    bytes_.insert(bytes_.end(), msgpack_map.begin(), msgpack_map.end());
    ++count_;
}

std::span<const uint8_t> RecordFrame::close() {
    for (unsigned i = 0; i < 4; ++i) {
        bytes_[count_at_ + i] = static_cast<uint8_t>(count_ >> 8 * (3 - i));
    }
    wire::closeFrame(bytes_, 0);
    return bytes_;
}

void RecordFrame::clear() {
    if (bytes_.capacity() > kFrameFillBytes + kFrameSlackBytes) {
        bytes_ = {};  // one giant record does not keep its memory
    }
    bytes_.clear();
    bytes_.reserve(kFrameSlackBytes);
    wire::openFrame(bytes_);
    wire::MsgpackWriter writer(bytes_);
    writer.mapHeader(2);
    writer.text("status");
    writer.text("ok");
    writer.text("records");
    bytes_.push_back(kArray32);
    count_at_ = bytes_.size();
    bytes_.insert(bytes_.end(), 4, uint8_t{0});
    count_ = 0;
}

std::vector<uint8_t> endFrame() {
    return statusFrame("end");
}

std::vector<uint8_t> watchFrame() {
    return statusFrame("watch");
}

std::vector<uint8_t> errorFrame(std::string_view text) {
    std::vector<uint8_t> out;
    const size_t opened_at = wire::openFrame(out);
    wire::MsgpackWriter writer(out);
    writer.mapHeader(2);
    writer.text("status");
    writer.text("error");
    writer.text("error");
    writer.text(base::toUtf8(text));
    wire::closeFrame(out, opened_at);
    return out;
}

}  // namespace evd::queryd
