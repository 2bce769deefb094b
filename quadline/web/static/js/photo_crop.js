// A photo is cropped, and made small, before it is sent: the middle by default, or where the sliders say. Without scripts, or
// where the browser cannot read the picture, the file goes as it is and the server takes its middle.

const SIDE = 1024; // pixels sent; the server keeps fewer

function start(form) {
  const file = form.querySelector("input[type=file]");
  const box = form.querySelector("[data-photo-crop]");
  const problem = form.querySelector("[data-photo-problem]");
  const canvas = box.querySelector("canvas");
  const sliders = [...box.querySelectorAll("[data-crop]")];
  let picture = null;

  const crop = () => {
    const at = Object.fromEntries(sliders.map((slider) => [slider.dataset.crop, Number(slider.value)]));
    const side = Math.min(picture.width, picture.height) / at.zoom;
    return [(picture.width - side) * at.across, (picture.height - side) * at.down, side, side];
  };

  const draw = (target) => {
    const brush = target.getContext("2d");
    brush.fillStyle = "white"; // behind what is transparent, as the server does
    brush.fillRect(0, 0, target.width, target.height);
    brush.drawImage(picture, ...crop(), 0, 0, target.width, target.height);
  };

  file.addEventListener("change", async () => {
    picture = null;
    problem.hidden = true;
    box.hidden = true;
    const chosen = file.files[0];
    if (!chosen) return;
    try {
      picture = await createImageBitmap(chosen);
    } catch {
      return; // the server says what is wrong with it
    }
    for (const slider of sliders) slider.value = slider.defaultValue;
    box.hidden = false;
    draw(canvas);
  });

  for (const slider of sliders) slider.addEventListener("input", () => picture && draw(canvas));

  form.addEventListener("submit", (event) => {
    if (!picture) return;
    event.preventDefault();
    const whole = document.createElement("canvas");
    whole.width = whole.height = SIDE;
    draw(whole);
    whole.toBlob((blob) => {
      if (blob) {
        const cropped = new DataTransfer();
        cropped.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
        file.files = cropped.files;
      }
      form.submit();
    }, "image/jpeg", 0.92);
  });
}

const form = document.querySelector("[data-photo]");
if (form) start(form);
