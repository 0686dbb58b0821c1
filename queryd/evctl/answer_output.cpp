#include "queryd/evctl/answer_output.h"

namespace evd::evctl {

base::Result<void> AnswerOutput::record(std::span<const uint8_t> msgpack_map) {
    if (!live_) {
        if (progress_ != nullptr) {
            progress_->add(1);
        }
        return spool_.add(msgpack_map);
    }
    printer_.record(msgpack_map, stream_.buffer());
    return stream_.drain();
}

base::Result<void> AnswerOutput::initialComplete() {
    EVD_TRY(printSpool());
    live_ = true;
    return {};
}

base::Result<void> AnswerOutput::burstComplete() {
    return live_ ? stream_.flush() : base::Result<void>();
}

base::Result<void> AnswerOutput::complete() {
    return live_ ? stream_.flush() : printSpool();
}

base::Result<void> AnswerOutput::printSpool() {
    if (progress_ != nullptr && prints_to_terminal_) {
        progress_->stop();
    } else if (progress_ != nullptr) {
        progress_->next("writing", spool_.count());
    }
    if (printer_.needsSurvey() && !is_continued_) {
        EVD_TRY(spool_.forEach([this](std::span<const uint8_t> record) -> base::Result<void> {
            printer_.survey(record);
            return {};
        }));
    }
    const auto print = [this](std::span<const uint8_t> record) -> base::Result<void> {
        if (progress_ != nullptr) {
            progress_->add(1);
        }
        printer_.record(record, stream_.buffer());
        return stream_.drain();
    };
    if (!is_continued_) {
        printer_.begin(stream_.buffer());
    }
    EVD_TRY(order_ == InitialOrder::Reversed ? spool_.forEachBackward(print)
                                             : spool_.forEach(print));
    if (!is_continued_) {
        printer_.finish(stream_.buffer());
    }
    spool_.clear();
    EVD_TRY(stream_.flush());
    if (progress_ != nullptr) {
        progress_->stop();  // a stream has no end that could be told
    }
    return {};
}

}  // namespace evd::evctl
