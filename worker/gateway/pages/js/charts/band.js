/** The upright band over the chosen bar: a primitive of lightweight-charts. */

export class Band {
  #time = /** @type {number|null} */ (null);
  #colour = 'transparent';
  #chart = /** @type {any} */ (null);
  #update = () => {};

  /** @param {{chart: any, requestUpdate: () => void}} attached */
  attached({chart, requestUpdate}) {
    this.#chart = chart;
    this.#update = requestUpdate;
  }

  detached() {
    this.#chart = null;
  }

  /** @param {number|null} time */
  mark(time) {
    this.#time = time;
    this.#update();
  }

  /** @param {string} colour */
  paint(colour) {
    this.#colour = colour;
    this.#update();
  }

  paneViews() {
    return [{zOrder: () => 'bottom', renderer: () => ({draw: (/** @type {any} */ target) => this.#draw(target)})}];
  }

  /** @param {any} target */
  #draw(target) {
    if (this.#time === null || !this.#chart) return;
    const scale = this.#chart.timeScale();
    const x = scale.timeToCoordinate(this.#time);
    if (x === null) return;
    target.useBitmapCoordinateSpace((/** @type {any} */ {context, bitmapSize, horizontalPixelRatio: dots}) => {
      const width = Math.max(3, scale.options().barSpacing) * dots;
      context.fillStyle = this.#colour;
      context.fillRect(Math.round(x * dots - width / 2), 0, Math.round(width), bitmapSize.height);
    });
  }
}
