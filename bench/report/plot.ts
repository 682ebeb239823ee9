import { init, type EChartsOption } from 'echarts';

/** A chart as echarts describes it. */
export type ChartOptions = EChartsOption;

const WIDTH = 760;
const HEIGHT = 380;

/** Draws a chart as an SVG document. The same chart gives the same text. */
export function renderSvg(options: ChartOptions): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption({ animation: false, backgroundColor: '#fff', ...options });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
