import { BarChart } from "echarts/charts";
import {
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
} from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import type { Figure, Result } from "./benchmark.ts";

use([
  BarChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  SVGRenderer,
]);

/** A figure's picture: a group of bars for each case, a colour for each competitor. */
export function chart(
  title: string,
  { picture, unit }: Figure,
  results: readonly Result[],
  reference: string,
): string {
  const isRatio = picture === "ratios" && results.some(({ ratio }) => ratio);
  const cases = [...new Set(results.map((result) => result.case))];
  const competitors = [...new Set(results.map((result) => result.competitor))];
  const series = competitors.map((competitor, index) => ({
    type: "bar" as const,
    name: competitor,
    data: cases.map((name) => {
      const result = results.find(
        (result) => result.case === name && result.competitor === competitor,
      );
      const value = isRatio ? result?.ratio : result?.median;
      return value === undefined ? "-" : Number(value.toPrecision(4));
    }),
    ...(isRatio && index === 0
      ? {
          markLine: {
            symbol: "none",
            silent: true,
            label: { formatter: reference },
            data: [{ yAxis: 1 }],
          },
        }
      : {}),
  }));
  const room = Math.max(110, competitors.length * 14 + 24);
  const width = Math.max(720, 160 + cases.length * room);
  const drawing = init(null, null, {
    renderer: "svg",
    ssr: true,
    width,
    height: 440,
  });
  drawing.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    title: {
      text: title,
      subtext: isRatio ? `${unit}, times ${reference}'s` : unit,
      left: "center",
    },
    legend: { bottom: 0, itemGap: 24 },
    textStyle: { fontFamily: "Helvetica, Arial, sans-serif" },
    grid: { top: 70, bottom: 80, left: 90, right: 50 },
    xAxis: {
      type: "category",
      data: cases,
      axisLabel: { interval: 0, width: room - 20, overflow: "break" },
    },
    yAxis: { type: "value" },
    series,
  });
  const svg = drawing.renderToSVGString();
  drawing.dispose();
  return svg;
}
