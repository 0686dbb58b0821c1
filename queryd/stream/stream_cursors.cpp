#include "queryd/stream/stream_cursors.h"

#include <limits>

namespace evd::queryd {

void StreamCursors::noteInitial(dev_t device, ino_t inode, std::optional<int64_t> last_id) {
    cursors_.insert_or_assign({device, inode}, last_id);
}

std::optional<int64_t> StreamCursors::afterId(dev_t device, ino_t inode) const {
    const auto found = cursors_.find({device, inode});
    return found == cursors_.end() ? std::numeric_limits<int64_t>::min() : found->second;
}

void StreamCursors::advance(dev_t device, ino_t inode, int64_t id) {
    auto& cursor = cursors_.try_emplace({device, inode}, id).first->second;
    if (!cursor || *cursor < id) {
        cursor = id;
    }
}

}  // namespace evd::queryd
