#pragma once

#include "queryd/evctl/chart/plot_collector.h"
#include "queryd/evctl/chart/terminal_chart.h"
#include "queryd/evctl/output/record_printer.h"

#include <memory>
#include <vector>

namespace evd::evctl {

// Prints an answer as a chart when a chart can be made of it, and else as `otherwise` does.
//
// What can be made of it is known when all of it has been surveyed, which is why both are. With
// `silent` nothing is printed of a chart: collected() has it, to be written elsewhere. One answer,
// one thread.
class PlotPrinter final : public RecordPrinter {
  public:
    PlotPrinter(const TerminalChartStyle& style, std::unique_ptr<RecordPrinter> otherwise,
                bool silent)
        : style_(style), otherwise_(std::move(otherwise)), silent_(silent) {}

    bool needsSurvey() const override { return true; }
    void survey(std::span<const uint8_t> record) override;
    void begin(std::string& out) override;
    void record(std::span<const uint8_t> record, std::string& out) override;
    void finish(std::string& out) override;
    uint64_t refused() const override { return otherwise_->refused(); }

    const PlotCollector& collected() const { return collector_; }

  private:
    // Whether there was something to draw.
    bool isChart() const { return collector_.isDrawable(); }

    TerminalChartStyle style_;
    std::unique_ptr<RecordPrinter> otherwise_;
    bool silent_;
    PlotCollector collector_;
    std::vector<FieldView> fields_;
};

}  // namespace evd::evctl
