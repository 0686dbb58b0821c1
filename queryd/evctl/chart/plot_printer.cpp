#include "queryd/evctl/chart/plot_printer.h"

namespace evd::evctl {

void PlotPrinter::survey(std::span<const uint8_t> record) {
    if (readFields(record, fields_).ok()) {
        collector_.survey(fields_);
    }
    if (otherwise_->needsSurvey()) {
        otherwise_->survey(record);
    }
}

void PlotPrinter::begin(std::string& out) {
    if (!isChart()) {
        otherwise_->begin(out);
    }
}

void PlotPrinter::record(std::span<const uint8_t> record, std::string& out) {
    if (!isChart()) {
        otherwise_->record(record, out);
    } else if (readFields(record, fields_).ok()) {
        collector_.add(fields_);
    }
}

void PlotPrinter::finish(std::string& out) {
    if (!isChart()) {
        otherwise_->finish(out);
    } else if (!silent_) {
        out += terminalChart(collector_.scene(), style_);
    }
}

}  // namespace evd::evctl
