"use strict";
// What ECharts draws of each kind of figure: plots.TYPE(plot, colour) of a plot as report.json has it.
const plots = (() => {
  const NAMES = ["--after", "--other", "--third", "--before", "--good", "--bad"];

  function digits(value) {
    if (value === null || value === undefined || Number.isNaN(value)) return "–";
    const size = Math.abs(value);
    return size > 0 && (size < 1e-3 || size >= 1e7) ? value.toExponential(2).replace(/\.?0+e/, "e") : String(+value.toPrecision(4));
  }

  // Text of the run in a tooltip, which is HTML.
  function escape(text) {
    return String(text).replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`);
  }

  // An estimate is a number, null or {mean, low, high, n, unit, small}.
  const number = cell => cell === null || typeof cell === "number" ? cell : cell.mean;

  function words(cell) {
    const value = number(cell);
    if (value === null) return "not measured";
    const show = cell.unit === "share" ? v => (100 * v).toFixed(1) + "%" : digits;
    return show(value) + (cell.low === undefined ? "" : ` (${show(cell.low)} to ${show(cell.high)})`)
      + (cell.n === undefined ? "" : `, n = ${cell.n}`) + (cell.small ? " †" : "");
  }

  const palette = (colour, count) => (count === 2 ? ["--after", "--before"] : NAMES).map(colour);

  function axis(colour, name) {
    return {
      type: "value", name, nameLocation: "middle", nameGap: 26, nameTextStyle: {color: colour("--soft"), fontSize: 11},
      axisLabel: {color: colour("--soft"), fontSize: 11, hideOverlap: true, formatter: digits},
      axisLine: {onZero: false, lineStyle: {color: colour("--rule")}},
      splitLine: {lineStyle: {color: colour("--rule"), opacity: 0.6}},
    };
  }

  // A vertical axis with its name along it; makes room for it.
  function upright(colour, name, option) {
    option.grid.left = name ? 24 : 8;
    return {...axis(colour, name), nameGap: 38};
  }

  function categories(colour, data) {
    return {
      type: "category", inverse: true, data, axisTick: {show: false}, axisLine: {lineStyle: {color: colour("--rule")}},
      axisLabel: {color: colour("--soft"), fontSize: 11, interval: 0, width: 130, overflow: "truncate"},
    };
  }

  function base(colour, names) {
    return {
      animation: false,
      // Double quotes would end the attribute that holds it in a saved picture.
      textStyle: {fontFamily: getComputedStyle(document.body).fontFamily.replaceAll('"', "'")},
      grid: {left: 8, right: 14, top: names.length > 1 ? 30 : 12, bottom: 6, containLabel: true},
      legend: {show: names.length > 1, type: "scroll", top: 0, left: 0, itemWidth: 14, itemHeight: 8, icon: "roundRect",
        textStyle: {color: colour("--soft"), fontSize: 11}, data: names},
      tooltip: {trigger: "item", confine: true, backgroundColor: colour("--paper"), borderColor: colour("--rule"),
        textStyle: {color: colour("--ink"), fontSize: 12}},
      aria: {enabled: false},
    };
  }

  // A line without any change would get an axis without a number.
  function range(lines) {
    const values = lines.flatMap(line => line.points.flatMap(point => point.slice(1))).filter(value => value !== null);
    const [value] = values;
    const flat = values.length > 0 && values.every(other => other === value);
    const room = Math.abs(value) || 1;
    return flat ? {min: value - room, max: value + room, interval: room} : {scale: true, splitNumber: 4};
  }

  function runningMean(points) {
    const half = Math.floor(points.length / 40);
    return points.map(([x], i) => {
      const near = points.slice(Math.max(0, i - half), i + half + 1).map(p => p[1]).filter(v => v !== null);
      return [x, near.length ? near.reduce((a, b) => a + b, 0) / near.length : null];
    });
  }

  // The area between low and high of a line's points.
  function band(line, color) {
    const points = line.points.filter(point => point.length === 4);
    return {
      type: "custom", silent: true, color, data: points.length > 1 ? [[points[0][0], points[0][1]]] : [], tooltip: {show: false}, z: 1,
      renderItem: (params, api) => ({
        type: "polygon",
        shape: {points: [...points.map(p => api.coord([p[0], p[2]])), ...points.slice().reverse().map(p => api.coord([p[0], p[3]]))]},
        style: {fill: color, opacity: 0.18},
      }),
    };
  }

  // Whiskers from low to high: horizontal over categories, vertical at numbers.
  function whiskers(ends, color, across) {
    return {
      type: "custom", silent: true, data: ends, color, tooltip: {show: false}, z: 4,
      encode: across ? {x: [1, 2], y: 0} : {x: 0, y: [1, 2]},
      renderItem: (params, api) => {
        const at = i => api.coord(across ? [api.value(i), api.value(0)] : [api.value(0), api.value(i)]);
        const [[x1, y1], [x2, y2]] = [at(1), at(2)];
        const cap = across ? [0, 5] : [5, 0];
        const line = (a, b, c, d) => ({type: "line", shape: {x1: a, y1: b, x2: c, y2: d}, style: {stroke: color, lineWidth: 1.6}});
        return {type: "group", children: [line(x1, y1, x2, y2),
          line(x1 - cap[0], y1 - cap[1], x1 + cap[0], y1 + cap[1]), line(x2 - cap[0], y2 - cap[1], x2 + cap[0], y2 + cap[1])]};
      },
    };
  }

  function curve(plot, colour) {
    const lines = plot.lines;
    const colours = palette(colour, lines.length);
    const training = plot.x === "step";
    const series = [];
    lines.forEach((line, i) => {
      const many = training && line.points.length >= 40;
      const color = colours[i % colours.length];
      const shared = {
        type: "line", name: line.name, color, animation: false, symbol: "circle", symbolSize: 5,
        showSymbol: line.points.length <= 30, emphasis: {disabled: true},
      };
      series.push(band(line, color));
      series.push({...shared, data: line.points.map(p => p.slice(0, 2)), lineStyle: {width: many ? 1 : 2, opacity: many ? 0.35 : 1}});
      if (many) {
        series.push({...shared, data: runningMean(line.points), silent: true, lineStyle: {width: 2.2}, tooltip: {show: false}});
      }
    });
    const option = base(colour, lines.map(line => line.name));
    option.tooltip = {...option.tooltip, trigger: "axis", valueFormatter: digits};
    option.grid.bottom = training ? 6 : 24;
    return {
      ...option, series,
      xAxis: {...axis(colour, training ? "" : plot.x), min: "dataMin", max: "dataMax", splitNumber: 4, splitLine: {show: false},
        minInterval: training ? 1 : 0},
      yAxis: {...upright(colour, plot.y, option), ...range(lines)},
    };
  }

  function calibration(plot, colour) {
    const colours = palette(colour, plot.lines.length);
    const option = base(colour, plot.lines.map(line => line.name));
    option.grid.bottom = 24;
    option.tooltip.formatter = item => `${escape(item.seriesName)}<br>predicted ${digits(item.value[0])}, observed ${digits(item.value[1])}`;
    const unit = name => ({...axis(colour, name), min: 0, max: 1, interval: 0.25});
    return {
      ...option, xAxis: unit("predicted"), yAxis: {...upright(colour, "observed", option), min: 0, max: 1, interval: 0.25},
      series: [
        {type: "line", data: [[0, 0], [1, 1]], symbol: "none", silent: true, color: colour("--soft"), lineStyle: {type: "dashed", width: 1}},
        ...plot.lines.flatMap((line, i) => [
          {type: "line", name: line.name, data: line.points.map(p => p.slice(0, 2)), color: colours[i % colours.length], symbol: "circle",
            symbolSize: 7, emphasis: {disabled: true}},
          whiskers(line.points.filter(p => p.length === 4).map(p => [p[0], p[2], p[3]]), colours[i % colours.length], false),
        ]),
      ],
    };
  }

  function scatter(plot, colour) {
    const colours = palette(colour, plot.clouds.length);
    const option = base(colour, plot.clouds.map(cloud => cloud.name));
    option.grid.bottom = 24;
    option.tooltip.formatter = item =>
      `${escape(item.seriesName)}<br>${escape(plot.x)} ${digits(item.value[0])}, ${escape(plot.y)} ${digits(item.value[1])}`;
    return {
      ...option,
      xAxis: {...axis(colour, plot.x), scale: true, splitLine: {show: false}},
      yAxis: {...upright(colour, plot.y, option), scale: true},
      series: plot.clouds.map((cloud, i) => ({
        type: "scatter", name: cloud.name, data: cloud.points.map(p => p.slice(0, 2)), color: colours[i % colours.length], symbolSize: 6,
        itemStyle: {opacity: 0.55},
      })),
    };
  }

  function histogram(plot, colour) {
    const colours = palette(colour, plot.series.length);
    const option = base(colour, plot.series.map(group => group.name));
    option.grid.bottom = 24;
    const bins = plot.edges.slice(1).map((edge, i) => `${digits(plot.edges[i])} to ${digits(edge)}`);
    option.tooltip = {...option.tooltip, trigger: "axis", axisPointer: {type: "shadow"}};
    const across = axis(colour, plot.x);
    return {
      ...option,
      xAxis: {...across, type: "category", data: bins, axisTick: {show: false},
        axisLabel: {...across.axisLabel, formatter: (text, i) => digits(plot.edges[i])}},
      yAxis: {...upright(colour, "count", option), minInterval: 1},
      series: plot.series.map((group, i) => ({type: "bar", name: group.name, data: group.counts, color: colours[i % colours.length],
        barGap: "0%", barCategoryGap: "12%", emphasis: {disabled: true}})),
    };
  }

  function box(plot, colour) {
    const names = plot.boxes.map(spread => spread.name);
    const option = base(colour, []);
    option.grid.bottom = 24;
    option.tooltip.formatter = item => item.seriesType === "boxplot"
      ? (spread => `${escape(spread.name)}<br>median ${digits(spread.median)}, middle half ${digits(spread.q1)} to ${digits(spread.q3)}`
          + `<br>mean ${digits(spread.mean)}, n = ${spread.n}`)(plot.boxes[item.dataIndex])
      : `${escape(names[item.value[1]])}<br>${digits(item.value[0])}`;
    return {
      ...option, xAxis: {...axis(colour, plot.y), scale: true}, yAxis: categories(colour, names),
      series: [
        {type: "boxplot", data: plot.boxes.map(s => [s.low, s.q1, s.median, s.q3, s.high]), boxWidth: [8, 28],
          itemStyle: {color: colour("--panel"), borderColor: colour("--after"), borderWidth: 1.6}, emphasis: {disabled: true}},
        {type: "scatter", data: plot.boxes.flatMap((s, i) => s.outliers.map(v => [v, i])), symbolSize: 4, color: colour("--other")},
        {type: "scatter", data: plot.boxes.map((s, i) => [s.mean, i]), symbol: "diamond", symbolSize: 8, color: colour("--after"), z: 5},
      ],
    };
  }

  function heatmap(plot, colour) {
    const data = plot.cells.flatMap((row, y) => row.map((cell, x) => ({cell, value: [x, y, number(cell)]}))).filter(d => d.value[2] !== null);
    const values = data.map(d => d.value[2]);
    const option = base(colour, []);
    option.grid = {left: 16, right: 14, top: 30, bottom: 40, containLabel: true};
    option.tooltip.formatter = item =>
      `${escape(plot.down[item.value[1]])} against ${escape(plot.across[item.value[0]])}<br>${escape(words(item.data.cell))}`;
    const across = categories(colour, plot.across);
    const short = cell => cell.unit === "share" ? (100 * cell.mean).toFixed(0) + "%" : digits(number(cell));
    return {
      ...option,
      xAxis: {...across, inverse: false, position: "top", axisLabel: {...across.axisLabel, width: 80}},
      yAxis: categories(colour, plot.down),
      visualMap: {min: plot.low ?? Math.min(...values), max: plot.high ?? Math.max(...values), calculable: false, orient: "horizontal", left: "center",
        bottom: 0, itemHeight: 110, itemWidth: 10, formatter: digits, text: [digits(plot.high ?? Math.max(...values)), digits(plot.low ?? Math.min(...values))],
        textStyle: {color: colour("--soft"), fontSize: 11}, inRange: {color: [colour("--cold"), colour("--middle"), colour("--warm")]}},
      series: [{type: "heatmap", data, itemStyle: {borderColor: colour("--paper"), borderWidth: 2}, emphasis: {disabled: true},
        label: {show: true, color: colour("--ink"), fontSize: 12, lineHeight: 14,
          formatter: d => short(d.data.cell) + (d.data.cell.small ? "†" : "") + (d.data.cell.n === undefined ? "" : `\nn = ${d.data.cell.n}`)}}],
    };
  }

  // What goes on stays above what is lost: nodes keep the order of the flows. Every name stands right of its node.
  function sankey(plot, colour) {
    const names = [...new Set(plot.flows.flatMap(flow => [flow.from, flow.to]))];
    const label = (name, amount) => `${name} ${amount.toLocaleString("en")}`;
    const longest = Math.max(...plot.flows.map(flow => label(flow.to, flow.amount).length));
    const option = base(colour, []);
    option.tooltip.formatter = item => item.dataType === "edge"
      ? `${escape(item.data.source)} to ${escape(item.data.target)}<br>${digits(item.value)}` : `${escape(item.name)}<br>${digits(item.value)}`;
    const lost = name => name.startsWith("lost");
    return {
      ...option,
      series: [{
        type: "sankey", left: 4, right: 24 + 6 * Math.min(longest, 48), top: 12, bottom: 12, nodeGap: 18, layoutIterations: 0, nodeWidth: 12, draggable: false, emphasis: {disabled: true},
        nodeAlign: "left",
        data: names.map(name => ({name, itemStyle: {color: colour(lost(name) ? "--bad" : "--after")},
          label: {position: "right", color: colour("--ink"), fontSize: 11,
            formatter: item => label(item.name, item.value)}})),
        links: plot.flows.map(flow => ({source: flow.from, target: flow.to, value: flow.amount, lineStyle: {color: colour(lost(flow.to) ? "--bad" : "--after"), opacity: 0.25}})),
      }],
    };
  }

  const ends = bars => bars.map((bar, i) => [i, bar.value?.low, bar.value?.high]).filter(end => end[1] !== undefined);

  // Few values: pale and dashed, so that the eye does not rely on them either.
  function bars(plot, colour) {
    const option = base(colour, []);
    option.grid.right = 56;
    option.tooltip.formatter = item => `${escape(item.name)}<br>${escape(words(plot.bars[item.dataIndex].value))}`;
    option.grid.bottom = plot.x ? 24 : 6;
    return {
      ...option, xAxis: axis(colour, plot.x), yAxis: categories(colour, plot.bars.map(bar => bar.name)),
      series: [{type: "bar", barMaxWidth: 16, emphasis: {disabled: true},
        data: plot.bars.map(bar => ({value: number(bar.value), itemStyle: bar.value?.small
          ? {color: colour("--panel"), borderColor: colour("--after"), borderType: "dashed"} : {color: colour("--after")}})),
        label: {show: ends(plot.bars).length === 0, position: "right", color: colour("--soft"), fontSize: 11, formatter: bar => digits(bar.value)}},
        whiskers(ends(plot.bars), colour("--ink"), true)],
    };
  }

  function intervals(plot, colour) {
    const option = base(colour, []);
    option.grid.bottom = plot.x ? 24 : 6;
    option.tooltip.formatter = item => `${escape(plot.bars[item.value[1]].name)}<br>${escape(words(plot.bars[item.value[1]].value))}`;
    const guide = plot.guide === null ? {} : {markLine: {symbol: "none", silent: true, animation: false, data: [{xAxis: plot.guide}],
      label: {position: "start", formatter: digits(plot.guide), color: colour("--soft"), fontSize: 11}, lineStyle: {color: colour("--soft"), type: "dashed"}}};
    return {
      ...option, xAxis: {...axis(colour, plot.x), scale: true}, yAxis: categories(colour, plot.bars.map(bar => bar.name + (bar.value?.small ? " †" : ""))),
      grid: {...option.grid, top: 22},
      series: [
        {type: "scatter", symbolSize: 9, color: colour("--after"), z: 5, emphasis: {disabled: true}, ...guide,
          data: plot.bars.map((bar, i) => [number(bar.value), i]).filter(point => point[0] !== null)},
        whiskers(ends(plot.bars), colour("--after"), true),
      ],
    };
  }

  return {curve, calibration, scatter, histogram, box, heatmap, sankey, bars, intervals};
})();
