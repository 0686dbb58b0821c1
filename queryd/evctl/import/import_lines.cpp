#include "queryd/evctl/import/import_lines.h"

namespace evd::evctl {

base::Result<void> ImportLines::feed(std::string_view bytes, const Sink& sink) {
    while (!bytes.empty()) {
        const size_t end = bytes.find('\n');
        const std::string_view piece = bytes.substr(0, end);
        bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
        if (end != std::string_view::npos && partial_.empty() && !is_too_long_) {
            EVD_TRY(pass(piece, sink));  // the usual case, without a copy
            continue;
        }
        // One byte more than allowed is enough to know, and one CR may be taken off again.
        const size_t room = bytes_max_ + 2 - partial_.size();
        partial_ += piece.substr(0, is_too_long_ ? 0 : room);
        is_too_long_ = is_too_long_ || piece.size() > room;
        if (end != std::string_view::npos) {
            EVD_TRY(pass(partial_, sink));
            partial_.clear();
            is_too_long_ = false;
        }
    }
    return {};
}

base::Result<void> ImportLines::finish(const Sink& sink) {
    if (partial_.empty()) {
        return {};
    }
    const std::string last = std::move(partial_);
    partial_.clear();
    return pass(last, sink);
}

base::Result<void> ImportLines::pass(std::string_view text, const Sink& sink) {
    text.remove_suffix(text.ends_with('\r') && !is_too_long_ ? 1 : 0);
    const bool is_too_long = is_too_long_ || text.size() > bytes_max_;
    return sink({++number_, text.substr(0, bytes_max_), is_too_long});
}

}  // namespace evd::evctl
